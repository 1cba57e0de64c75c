declare module "*?raw" {
  const text: string;
  export default text;
}

/** What vite adds, as far as the tests use it. */
interface ImportMeta {
  glob<T>(pattern: string, options: { eager: true; import: "default"; query?: string }): Record<string, T>;
}
