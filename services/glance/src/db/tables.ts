/** 0 or 1: SQLite has no boolean. */
type Flag = number

/** A 64-bit number: PostgreSQL's driver gives it as text. */
type BigInteger = number | string

/** Table `images`: one row an image; a deleted image keeps its row so that its id is never given out again. */
export interface ImageTable {
  id: string
  name: string | null
  status: string
  visibility: string
  owner: string | null
  protected: Flag
  os_hidden: Flag
  container_format: string | null
  disk_format: string | null
  min_disk: number
  min_ram: number
  size: BigInteger | null
  virtual_size: BigInteger | null
  checksum: string | null
  os_hash_algo: string | null
  os_hash_value: string | null
  /** The upload that holds the image in `saving`; null in every other status. */
  upload_id: string | null
  /** Grows with each write; a writer names the one it has read. */
  revision: number
  /** ISO 8601 with milliseconds, UTC, so that text order is time order. */
  created_at: string
  updated_at: string
  deleted_at: string | null
}

/** Table `image_properties`: custom properties. */
interface ImagePropertyTable {
  image_id: string
  name: string
  value: string
}

/** Table `image_tags`. */
interface ImageTagTable {
  image_id: string
  value: string
}

/** All tables of the service. */
export interface GlanceTables {
  images: ImageTable
  image_properties: ImagePropertyTable
  image_tags: ImageTagTable
}
