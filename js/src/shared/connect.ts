/** What every view does once it stands: redraw on traits, rows, theme and size, and say hello to the kernel. */
import { effect } from "@preact/signals-core";
import { oncePerFrame } from "./dom";
import type { Link } from "./link";
import { onTraits, type CleanUp, type WidgetModel } from "./model";
import { followTheme } from "./theme";

export interface Connected {
  link: Link;
  model: WidgetModel;
  root: HTMLElement;
  traits: string[];
  /** Called at most once a frame. */
  update: () => void;
  /** Redraw when this element changes its size. */
  sized?: HTMLElement;
  /** Whether rows are expected: then a silent kernel is asked again. */
  working?: () => boolean;
}

export function connect({ link, model, root, traits, update, sized, working }: Connected): CleanUp {
  let open = true;
  const redraw = oncePerFrame(() => open && update());
  const cleanUps: CleanUp[] = [
    () => (open = false),
    onTraits(model, traits, redraw),
    effect(() => {
      void link.version.value;
      void link.presence.value;
      redraw();
    }),
    followTheme(root, redraw),
  ];
  if (sized) {
    const resize = new ResizeObserver(redraw);
    resize.observe(sized);
    cleanUps.push(() => resize.disconnect());
  }
  // a kernel that was busy when the view opened has a second chance to hear of it
  const second = setTimeout(() => link.hello(), 1000);
  cleanUps.push(() => clearTimeout(second));
  if (working) {
    const watchdog = setInterval(() => working() && link.watch(), 1000);
    cleanUps.push(() => clearInterval(watchdog));
  }
  link.hello();
  return () => cleanUps.forEach((cleanUp) => cleanUp());
}
