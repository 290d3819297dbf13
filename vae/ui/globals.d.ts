/** What others hang on the window; for the types alone, no browser reads this. */
interface Window {
  /** of Gradio's own page */
  gradio_config: { root: string; api_prefix: string; app_id: string };
  /** of the script that comes with a model on this device, and the words it says in the server's place */
  spaceDevice: { openDevice: typeof import("./device/device_parts.js").openDevice };
  deviceWords: Record<string, string | { one: string; other: string }>;
}
