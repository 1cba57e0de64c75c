/** A page without a kernel: reads the saved state, gives the view a model of its own, and shows it. */
import { StaticModel } from "../shared/static_model";
import { h } from "../shared/dom";

interface Saved {
  state: Record<string, unknown>;
  view: string;
}

async function show(): Promise<void> {
  const saved = JSON.parse(document.getElementById("state")!.textContent!) as Saved;
  const model = new StaticModel({ _static: true, ...saved.state });
  const bytes = new TextEncoder().encode(saved.view);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  const module = await import(/* @vite-ignore */ `data:text/javascript;base64,${btoa(binary)}`);
  const widget = module.default();
  await widget.initialize?.({ model });
  widget.render({ model, el: document.getElementById("view")! });
  Object.assign(window, { tokenscope: { model, widget } });
}

show().catch((error: Error) => {
  document.getElementById("view")!.append(h("p", {}, `This page could not be shown: ${error.message}`));
});
