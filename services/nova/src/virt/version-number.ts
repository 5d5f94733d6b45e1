/**
 * A version as one number: 7.2.22 is 7002022; 0 when there is none.
 *
 * @see openstack/nova nova/utils.py, convert_version_to_int
 */
export function versionNumber(version: string): number {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  return found ? Number(found[1]) * 1_000_000 + Number(found[2]) * 1000 + Number(found[3] ?? 0) : 0
}
