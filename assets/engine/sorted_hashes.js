// Numbers in ascending order, as a model file keeps what it has to recognise.

/**
 * @param {Uint32Array} hashes
 * @param {number} wanted
 */
export function holds(hashes, wanted) {
  let [low, high] = [0, hashes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hashes[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return hashes[low] === wanted;
}
