/** Code as an address that can be imported where nothing else may be. */
export function asData(code: string): string {
  const bytes = new TextEncoder().encode(code);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return `data:text/javascript;base64,${btoa(binary)}`;
}
