import type { Selectable, Updateable } from 'kysely'
import type { ImageTable } from '../db/tables.ts'
import type { DataFacts } from '../image-data/data-facts.ts'
import type { Image, ImageAttributes, Visibility } from './image.ts'
import type { ImageStatus } from './states.ts'

/** The columns that hold a client's attributes. */
export function attributeColumns(attributes: ImageAttributes) {
  return {
    name: attributes.name,
    visibility: attributes.visibility,
    owner: attributes.owner,
    protected: attributes.protected ? 1 : 0,
    os_hidden: attributes.hidden ? 1 : 0,
    container_format: attributes.containerFormat,
    disk_format: attributes.diskFormat,
    min_disk: attributes.minDisk,
    min_ram: attributes.minRam,
  } satisfies Updateable<ImageTable>
}

/** The columns that say nothing of a new image. */
export const emptyColumns = {
  size: null,
  virtual_size: null,
  checksum: null,
  os_hash_algo: null,
  os_hash_value: null,
  upload_id: null,
  worker: null,
  data_id: null,
  staged_id: null,
  import_id: null,
  deleted_at: null,
} satisfies Updateable<ImageTable>

/** An image from its rows. */
export function imageOf(row: Selectable<ImageTable>, tags: string[], properties: Map<string, string>): Image {
  return {
    id: row.id,
    status: row.status as ImageStatus,
    name: row.name,
    visibility: row.visibility as Visibility,
    owner: row.owner,
    protected: row.protected === 1,
    hidden: row.os_hidden === 1,
    containerFormat: row.container_format,
    diskFormat: row.disk_format,
    minDisk: row.min_disk,
    minRam: row.min_ram,
    facts: factsOf(row),
    stagedSize: row.staged_id === null ? null : row.size,
    dataId: row.data_id,
    importId: row.import_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
    tags,
    properties,
  }
}

function factsOf(row: Selectable<ImageTable>): DataFacts | null {
  if (row.size === null || row.checksum === null || row.os_hash_value === null) return null
  return {
    size: row.size,
    virtualSize: row.virtual_size,
    checksum: row.checksum,
    hashAlgorithm: 'sha512',
    hashValue: row.os_hash_value,
  }
}
