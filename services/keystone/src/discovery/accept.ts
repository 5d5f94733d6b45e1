/**
 * Which of some media types a client would have most, by its Accept header; of equal ones the first.
 *
 * @returns undefined when it takes none of them
 * @see RFC 9110, 12.5.1
 */
export function bestAccepted<T extends string>(
  accept: string | undefined,
  types: readonly T[],
): T | undefined {
  if (accept === undefined || accept.trim() === '') return types[0]
  const ranges = accept.split(',').map(rangeOf)
  const qualities = types.map((type) => qualityOf(ranges, type))
  const best = Math.max(...qualities)
  return best > 0 ? types[qualities.indexOf(best)] : undefined
}

interface Range {
  range: string
  quality: number
}

function rangeOf(text: string): Range {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const given = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = given === undefined ? 1 : Number(given.slice(2))
  return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}

/** Of the range that says most about the type. */
function qualityOf(ranges: readonly Range[], type: string): number {
  for (const wanted of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const found = ranges.find(({ range }) => range === wanted)
    if (found) return found.quality
  }
  return 0
}
