/** How token text is shown: what cannot be seen is made visible, and nothing can reorder the page. */

const NAMES = new Map<number, string>([
  [0x00, "␀"],
  [0x09, "⇥"],
  [0x0a, "⏎"],
  [0x0b, "␋"],
  [0x0c, "␌"],
  [0x0d, "␍"],
  [0x1b, "␛"],
  [0x7f, "␡"],
  [0x85, "␤"],
  [0xad, "⟨SHY⟩"],
  [0x200b, "⟨ZWSP⟩"],
  [0x200e, "⟨LRM⟩"],
  [0x200f, "⟨RLM⟩"],
  [0x061c, "⟨ALM⟩"],
  [0x2028, "⟨LS⟩"],
  [0x2029, "⟨PS⟩"],
  [0x2060, "⟨WJ⟩"],
  [0xfeff, "⟨BOM⟩"],
]);

function nameOf(code: number): string | undefined {
  const named = NAMES.get(code);
  if (named) return named;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code >= 0x80 && code < 0xa0) return `⟨${code.toString(16).toUpperCase()}⟩`;
  // embedding, override and isolate marks would turn the rest of the line around
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return `⟨${code.toString(16).toUpperCase()}⟩`;
  return undefined;
}

const HIDDEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** Text for the code area: tabs and spaces stay, other invisible characters get a sign. */
export function displayText(text: string): string {
  if (!HIDDEN.test(text)) return text;
  return [...text].map((c) => (c === "\t" || c === "\n" ? c : (nameOf(c.codePointAt(0)!) ?? c))).join("");
}

/** Text in one line, for labels: white space is visible too. */
export function labelText(text: string): string {
  return [...text].map((c) => (c === " " ? "␣" : (nameOf(c.codePointAt(0)!) ?? c))).join("");
}

export interface Fragment {
  text: string;
  /** Whether a line ends after it. */
  newline: boolean;
}

/** A token's text cut at line ends. CRLF is one end; a text that ends with one gives an empty last fragment less. */
export function fragments(text: string): Fragment[] {
  if (!text.includes("\n")) return [{ text, newline: false }];
  const parts = text.split("\n");
  const out = parts.map((part, i) => {
    const newline = i < parts.length - 1;
    return { text: newline && part.endsWith("\r") ? part.slice(0, -1) : part, newline };
  });
  if (out[out.length - 1].text === "") out.pop();
  return out;
}

/** At most so many characters, with an ellipsis for the rest. */
export function clipped(text: string, most = 120): string {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}

/** \n and \t as typed in a box stand for a line end and a tab. */
export function unescapeTyped(text: string): string {
  return text.replace(/\\(n|t|\\)/g, (_all, c: string) => ({ n: "\n", t: "\t" })[c] ?? "\\");
}

/** How to type a text: the way back. */
export function escapeTyped(text: string): string {
  return text.replace(/\\(?=[nt\\\n\t])/g, "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** What a token that shows nothing is called; undefined for one that can be read. */
export function blankName(shown: string, newline: boolean): string | undefined {
  if (shown.trim()) return undefined;
  if (newline) return "line break";
  return shown.length > 1 ? `${shown.length} blanks` : { " ": "space", "\t": "tab", "": "part of a character" }[shown] ?? "blank";
}

/** Whether a token is only white space. */
export function isBlank(text: string): boolean {
  return text.trim() === "";
}
