/** The workbench: the stream with its alternatives and outcomes, and panels beneath it that open on demand. */
import { h } from "../shared/dom";
import type { Link } from "../shared/link";
import { onTraits, type CleanUp, type WidgetModel } from "../shared/model";
import { TokenStreamView } from "../token_stream/view";
import { Panels } from "./panels";

export function showExplorer(link: Link, model: WidgetModel, el: HTMLElement): CleanUp {
  const root = h("div", { class: "ts-explorer" });
  el.append(root);
  const stream = new TokenStreamView(link, model, root);
  const panels = new Panels(link, model);
  root.append(panels.buttons, panels.element);
  const stop = onTraits(model, ["panels"], () => panels.update());
  return () => {
    stop();
    panels.dispose();
    stream.dispose();
    root.remove();
  };
}
