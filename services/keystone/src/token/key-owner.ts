import { spawnSync } from 'node:child_process'

/** Whose the files of a key repository are. */
export interface KeyOwner {
  uid: number
  gid: number
}

/**
 * The owner that an operator names; who is not named is the one that runs this.
 *
 * @param names.user name or number of a user of this machine
 * @param names.group name or number of a group
 * @returns undefined if neither is named
 * @throws Error that names the option if there is no such user or group
 * @see keystone-manage fernet_setup --keystone-user --keystone-group
 */
export function keyOwner({ user, group }: { user?: string; group?: string }): KeyOwner | undefined {
  if (user === undefined && group === undefined) return undefined
  return {
    uid: user === undefined ? process.geteuid!() : idOf('passwd', user, 'user'),
    gid: group === undefined ? process.getegid!() : idOf('group', group, 'group'),
  }
}

// getent asks whatever this machine keeps its accounts in.
function idOf(database: 'passwd' | 'group', name: string, kind: 'user' | 'group'): number {
  const { error, status, stdout } = spawnSync('getent', [database, '--', name], { encoding: 'utf8' })
  if (error) throw new Error(`the ${kind} "${name}" cannot be looked up: ${error.message}`, { cause: error })
  const id = status === 0 ? stdout.split(':')[2] : undefined
  if (id === undefined) throw new Error(`unknown ${kind} "${name}" in --keystone-${kind}`)
  return Number(id)
}
