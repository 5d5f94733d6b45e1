import { isTransient, type StorageDaemons } from '../storage/storage-daemons.ts'

/** How often a copy is begun whose daemon died. */
const attempts = 3

/** Copies a volume into a qcow2 file, from its beginning again if its daemon dies in the middle. */
export async function copyVolume(daemons: StorageDaemons, volumeId: string, target: string): Promise<void> {
  for (let left = attempts - 1; ; left--) {
    try {
      return await daemons.copy(volumeId, target)
    } catch (error) {
      if (left === 0 || !isTransient(error)) throw error
    }
  }
}
