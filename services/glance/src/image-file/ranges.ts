import { ApiError, badRequest } from '@longhaul/oslo/api'

/** Part of a file: first and last byte. */
export interface ByteRange {
  start: number
  end: number
}

const range = /^bytes *= *(\d{0,15}) *- *(\d{0,15})$/i
const contentRange = /^bytes +(\d{1,15})-(\d{1,15})\/(\*|\d{1,15})$/i

/**
 * The part of a file that a request asks for. Old clients of Glance ask by `Content-Range`, in which the end is part of the
 * range, too.
 *
 * @param size bytes of the file
 * @returns undefined for the whole file
 * @throws ApiError 400 `several_ranges`, 416 `range_not_satisfiable`
 * @see openstack/glance glance/common/wsgi.py, get_range_from_request
 */
export function rangeOf(
  headers: { range?: string | undefined; 'content-range'?: string | undefined },
  size: number,
): ByteRange | undefined {
  if (headers.range !== undefined) return parseRange(headers.range, size)
  const old = headers['content-range']
  return old === undefined ? undefined : parseContentRange(old, size)
}

function parseRange(header: string, size: number): ByteRange {
  if (header.includes(',')) {
    const message =
      'Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests instead.'
    throw badRequest(message, { code: 'several_ranges' })
  }
  const [, first = '', last = ''] = range.exec(header.trim()) ?? []
  if (first === '' && last === '') throw unsatisfiable('Invalid Range header.', size)
  if (first === '') {
    // The last so many bytes.
    if (Number(last) === 0 || size === 0) throw unsatisfiable('Invalid Range header.', size)
    return { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) throw unsatisfiable('Invalid Range header.', size)
  assertStart(start, size)
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

function parseContentRange(header: string, size: number): ByteRange {
  const [, first, last, length] = contentRange.exec(header.trim()) ?? []
  if (first === undefined || last === undefined || Number(last) < Number(first)) {
    throw unsatisfiable('Invalid Content-Range header.', size)
  }
  assertStart(Number(first), size)
  if (Number(last) >= size || (length !== '*' && Number(length) <= Number(last))) {
    throw unsatisfiable('Invalid stop position in Content-Range header.', size)
  }
  return { start: Number(first), end: Number(last) }
}

function assertStart(start: number, size: number): void {
  if (start < size) return
  throw unsatisfiable(
    `Invalid start position in Range header. Start position MUST be in the inclusive range [0, ${size - 1}].`,
    size,
  )
}

function unsatisfiable(message: string, size: number): ApiError {
  return new ApiError({
    status: 416,
    title: 'Requested Range Not Satisfiable',
    message,
    code: 'range_not_satisfiable',
    headers: { 'content-range': `bytes */${size}` },
  })
}
