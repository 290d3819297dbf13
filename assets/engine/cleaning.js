/** Text to one clean line, and its words, as vae/text/cleaning.py has them. */

// Marks that nobody sees, lone surrogates and noncharacters. The joiners U+200C and U+200D stay.
const INVISIBLE =
  /[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff]/gu;
// Python's white space: JavaScript's \s is another set.
const BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const MARKS_IN_A_ROW = /\p{M}{31,}/gu; // beyond Unicode's stream-safe limit of 30 they may be no language

/**
 * One line of visible text: invisible characters removed, every run of white space one space, NFC.
 * @param {string} text
 */
export function cleaned(text) {
  const line = wordsOf(text.replace(INVISIBLE, "")).join(" ");
  return hasEndlessMarks(line) ? line : line.normalize("NFC");
}

/**
 * What stands between the white space of a text.
 * @param {string} text
 */
export function wordsOf(text) {
  return text.split(BLANKS).filter((word) => word);
}

/**
 * Whether a text ends with white space.
 * @param {string} text
 */
export function endsBlank(text) {
  return BLANKS.test(text.slice(-1));
}

/**
 * Whether more than 30 combining marks follow each other: sorting them takes time that is quadratic in their number.
 * @param {string} line
 */
function hasEndlessMarks(line) {
  for (const [marks] of line.matchAll(MARKS_IN_A_ROW)) {
    let run = 0;
    for (const mark of marks) {
      run = isSorted(mark) ? run + 1 : 0;
      if (run > 30) return true;
    }
  }
  return false;
}

/**
 * Whether a mark's place among others is sorted, which is so where its canonical combining class is not 0: then it
 * goes behind one of class 1 or before one of class 232. (Three of class 0 are put together from others.)
 * @param {string} mark
 */
function isSorted(mark) {
  if ("\u0f73\u0f75\u0f81".includes(mark)) return false;
  return (mark + "\u0334").normalize("NFD").startsWith("\u0334") || !("\u0315" + mark).normalize("NFD").startsWith("\u0315");
}
