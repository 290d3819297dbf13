/** What Gradio's own page hangs on the window; for the types alone, no browser reads this. */
interface Window {
  gradio_config: { root: string; api_prefix: string; app_id: string };
}
