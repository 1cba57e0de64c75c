/** The token area with every token coloured by a metric. */
import { HESITATION_NATS, type HeatScale, type Metric } from "./metrics";
import { Role, type Run } from "./runs";
import { drawBands } from "./template_bands";
import { TokenArea, type Line } from "./token_area";

export class HeatArea extends TokenArea {
  override sync(run: Run): void {
    const [first, before] = [this.spanOf(0), this.length];
    super.sync(run);
    if (this.spanOf(0) !== first || (this.length > before && before < run.meta.prompt_length)) drawBands(this, run);
  }

  override select(i: number, focus: boolean): void {
    super.select(i, focus);
    // the first token may be folded: then Tab comes to the text as a whole
    this.element.tabIndex = i < 0 ? 0 : -1;
  }

  /** Colour the tokens that are not coloured yet, or all; `open`: which are hesitant, where more is known than their entropy. */
  paint(run: Run, metric: Metric, scale: HeatScale, all: boolean, open: Set<number> | null = null): void {
    const from = all ? 0 : this.painted;
    if (all) for (const line of this.lines) line.heat = 0;
    const everything = this.options.colorPrompt || run.length <= run.meta.prompt_length;
    const touched = new Set<Line>();
    for (let i = from; i < this.length; i++) {
      const colored = everything || i >= run.meta.prompt_length || run.roles[i] === Role.Replaced;
      const value = metric.value(run, i);
      const step = colored ? scale(value, i) : -1;
      const hesitant = colored && (open ? open.has(i) : run.model.scalars.entropy.at(i) >= HESITATION_NATS);
      for (const span of this.spans[i]) setHeat(span, step, hesitant);
      if (step >= 0) {
        const line = this.lines[this.lineOf[i]];
        line.heat = Math.max(line.heat, metric.heat(value));
        touched.add(line);
      }
    }
    for (const line of all ? this.lines : touched) {
      line.bar.style.width = `${Math.round(line.heat * 100)}%`;
    }
    this.painted = this.length;
  }
}

const HEAT_CLASS = /\b(h\d+|u)\b/g;

export function setHeat(span: HTMLElement, step: number, hesitant: boolean): void {
  let name = span.className.replace(HEAT_CLASS, "").trimEnd();
  if (step > 0) name += ` h${step}`;
  if (hesitant) name += " u";
  if (span.className !== name) span.className = name;
}
