/**
 * Let the browser save a file that the server made.
 *
 * @param {{ url: string, orig_name?: string } | null} file
 */
export function save(file) {
  if (!file) return;
  const anchor = document.createElement("a");
  anchor.href = file.url;
  anchor.download = file.orig_name || "model.safetensors";
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
