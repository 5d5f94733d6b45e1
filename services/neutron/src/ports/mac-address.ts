/**
 * A MAC address that begins as the base does: its first three octets, and the fourth unless it is zero.
 *
 * @param base such as `fa:16:3e:00:00:00`
 * @param random a whole number from 0 to below its argument
 */
export function newMac(base: string, random: (below: number) => number): string {
  const octets = base.split(':')
  const kept = octets[3] === '00' ? 3 : 4
  const drawn = Array.from({ length: 6 - kept }, () => random(256).toString(16).padStart(2, '0'))
  return [...octets.slice(0, kept), ...drawn].join(':')
}
