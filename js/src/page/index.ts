/** A page without a kernel: reads the saved state, gives the view a model of its own, and shows it. */
import { asData } from "../shared/data_url";
import { StaticModel } from "../shared/static_model";
import { h } from "../shared/dom";

interface Saved {
  state: Record<string, unknown>;
  view: string;
}

async function show(): Promise<void> {
  const saved = JSON.parse(document.getElementById("state")!.textContent!) as Saved;
  const model = new StaticModel({ _static: true, ...saved.state });
  const module = await import(/* @vite-ignore */ asData(saved.view));
  const widget = module.default();
  await widget.initialize?.({ model });
  widget.render({ model, el: document.getElementById("view")! });
  Object.assign(window, { tokenscope: { model, widget } });
}

show().catch((error: Error) => {
  document.getElementById("view")!.append(h("p", {}, `This page could not be shown: ${error.message}`));
});
