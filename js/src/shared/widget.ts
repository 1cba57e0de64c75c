/** What a bundle exports: one link per model, made in `initialize`; one view per `render`. */
import { Link } from "./link";
import type { CleanUp, RenderContext, WidgetModel } from "./model";

interface Widget {
  initialize(context: { model: WidgetModel }): CleanUp;
  render(context: RenderContext): CleanUp;
}

/** `show` draws one view and returns how to take it down. */
export function widgetOf(show: (link: Link, model: WidgetModel, el: HTMLElement) => CleanUp): () => Widget {
  return () => {
    let link: Link;
    return {
      initialize({ model }) {
        link = new Link(model);
        return () => link.dispose();
      },
      render({ model, el }) {
        // JupyterLab would take keys for its own: its shortcuts in command mode match whatever has the focus
        el.dataset.lmSuppressShortcuts = "";
        el.onkeydown = (event) => void (event.ctrlKey || event.metaKey || event.stopPropagation());
        return show(link, model, el);
      },
    };
  };
}
