/**
 * Elements to insert, remove or replace to get from a to b.
 *
 * Source: Levenshtein 1966, by Wagner & Fischer 1974.
 * @param {ArrayLike<unknown>} a
 * @param {ArrayLike<unknown>} b
 */
export function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}
