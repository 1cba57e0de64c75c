/** What a bundle exports: one link per model, made in `initialize`; one view per `render`. */
import { Link } from "./link";
import type { CleanUp, RenderContext, WidgetModel } from "./model";

interface View {
  dispose(): void;
}

interface Widget {
  initialize(context: { model: WidgetModel }): CleanUp;
  render(context: RenderContext): CleanUp;
}

export function widgetOf(View: new (link: Link, model: WidgetModel, el: HTMLElement) => View): () => Widget {
  return () => {
    let link: Link;
    return {
      initialize({ model }) {
        link = new Link(model);
        return () => link.dispose();
      },
      render({ model, el }) {
        const view = new View(link, model, el);
        return () => view.dispose();
      },
    };
  };
}
