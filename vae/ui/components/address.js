/* The page's address may name the code of something shared. */

const CODE = "share";

/**
 * The page's address with a code, or with nothing.
 *
 * @param {string} [code]
 */
export function address(code) {
  return `${location.origin}${location.pathname}${code ? `?${CODE}=${encodeURIComponent(code)}` : ""}`;
}

/** The code in the page's address, or nothing. */
export function link() {
  return new URLSearchParams(location.search).get(CODE) ?? "";
}
