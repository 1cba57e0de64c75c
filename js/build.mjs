// Every folder of src/ with an index.ts becomes one bundle of its name; a style.css beside it one stylesheet.
// An internal.json lists property names that never leave the bundle (no trait, message, dataset or DOM property): they are
// shortened. js/test/internal.test.ts keeps the lists honest.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const outdir = process.argv[2] ?? join(here, "..", "tokenscope_widgets", "static");
const stems = readdirSync(source).filter((name) => existsSync(join(source, name, "index.ts")));

const common = { bundle: true, minify: true, target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning" };
for (const stem of stems) {
  const internal = join(source, stem, "internal.json");
  const mangleProps = existsSync(internal) ? new RegExp(`^(${JSON.parse(readFileSync(internal, "utf8")).join("|")})$`) : undefined;
  await build({ ...common, mangleProps, entryPoints: [join(source, stem, "index.ts")], outfile: join(outdir, `${stem}.js`), format: "esm" });
  const style = join(source, stem, "style.css");
  if (existsSync(style)) await build({ ...common, entryPoints: [style], outfile: join(outdir, `${stem}.css`) });
}
console.log(`built ${stems.join(", ")}`);
