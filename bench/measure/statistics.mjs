/** Order statistics: few samples with long tails, so no means. */

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  const high = Math.ceil(place);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Median absolute deviation: the spread that a few outliers do not move. */
export function deviation(values) {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre)));
}

/**
 * @param {readonly number[]} values
 * @returns {{n: number, p50: number, p95: number, min: number, max: number, mad: number} | null} null without samples
 */
export function summary(values) {
  if (values.length === 0) return null;
  return {
    n: values.length,
    p50: median(values),
    p95: quantile(values, 0.95),
    min: quantile(values, 0),
    max: quantile(values, 1),
    mad: deviation(values),
  };
}
