/* Where storage is refused (a private window, a framed page) the visit lives in this page's memory instead. */

/** @type {("localStorage" | "sessionStorage")[]} */
const STORAGES = ["localStorage", "sessionStorage"];

for (const storage of STORAGES) {
  try {
    window[storage].getItem("sentence-space");
  } catch {
    /** @type {Map<string, string>} */
    const kept = new Map();
    Object.defineProperty(window, storage, {
      value: {
        getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
        setItem: (/** @type {string} */ key, /** @type {unknown} */ value) => void kept.set(key, String(value)),
        removeItem: (/** @type {string} */ key) => void kept.delete(key),
      },
    });
  }
}
