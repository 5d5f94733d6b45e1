/** 0 or 1: SQLite has no boolean. */
type Flag = number

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
  size: number | null
  virtual_size: number | null
  checksum: string | null
  os_hash_algo: string | null
  os_hash_value: string | null
  /** The writing of data that holds the image at the moment; null when nobody writes. */
  upload_id: string | null
  /** The process that writes; null when nobody does. */
  worker: string | null
  /** The upload whose file is the image's data. */
  data_id: string | null
  /** The upload whose file lies in the staging area. */
  staged_id: string | null
  /** The last import: the id of its task. */
  import_id: string | null
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

/** Table `image_members`: projects that a shared image is shared with. */
export interface ImageMemberTable {
  image_id: string
  /** Id of a project. */
  member_id: string
  status: string
  created_at: string
  updated_at: string
}

/** Table `tasks`: imports, for as long as clients may ask for them. */
export interface TaskTable {
  id: string
  type: string
  status: string
  owner: string | null
  image_id: string
  user_id: string
  request_id: string
  /** JSON. */
  input: string
  /** JSON. */
  result: string | null
  message: string
  created_at: string
  updated_at: string
  /** Set when the task has ended. */
  expires_at: string | null
}

/** Table `workers`: when each glance-api process was last heard of. */
interface WorkerTable {
  name: string
  seen_at: string
}

/** All tables of the service. */
export interface GlanceTables {
  images: ImageTable
  image_properties: ImagePropertyTable
  image_tags: ImageTagTable
  image_members: ImageMemberTable
  tasks: TaskTable
  workers: WorkerTable
}
