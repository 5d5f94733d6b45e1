const letters = 26

/**
 * The first name that is free. The machine's own disk is `/dev/vda`; behind `/dev/vdz` comes `/dev/vdaa`.
 *
 * @param taken names of the server's volumes
 */
export function freeDeviceName(taken: ReadonlySet<string>): string {
  for (let place = 1; ; place++) {
    const name = `/dev/vd${suffix(place)}`
    if (!taken.has(name)) return name
  }
}

function suffix(place: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (place % letters))
  return place < letters ? last : suffix(Math.floor(place / letters) - 1) + last
}
