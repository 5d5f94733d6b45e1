/** 0 or 1: SQLite has no boolean. */
type Flag = number

/** Table `volumes`. Times are ISO 8601 with milliseconds, UTC, so that text order is time order. */
export interface VolumeTable {
  id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  /** GiB. */
  size: number
  status: string
  attach_status: string
  /** What it was before an extension. */
  previous_status: string | null
  /** GiB that an extension leads to; null when none is under way. */
  new_size: number | null
  bootable: Flag
  multiattach: Flag
  readonly: Flag
  volume_type_id: string
  availability_zone: string
  host: string
  snapshot_id: string | null
  source_volid: string | null
  image_id: string | null
  created_at: string
  updated_at: string | null
}

/** Table `snapshots`. */
export interface SnapshotTable {
  id: string
  project_id: string
  user_id: string
  volume_id: string
  name: string | null
  description: string | null
  status: string
  /** GiB, the volume's when the snapshot was made. */
  volume_size: number
  volume_type_id: string
  created_at: string
  updated_at: string | null
}

/** Table `metadata`: what users say of volumes and snapshots, and what an image said of itself. */
interface MetadataTable {
  /** Id of the volume or snapshot. */
  owner_id: string
  kind: 'user' | 'image'
  key: string
  value: string
}

/** Table `volume_attachment`: one row for each attachment, until it ends. */
export interface AttachmentTable {
  id: string
  volume_id: string
  project_id: string
  instance_uuid: string | null
  attached_host: string | null
  mountpoint: string | null
  /** `rw`, `ro`, or null while the connector decides. */
  attach_mode: string | null
  attach_status: string
  /** JSON; null until somebody connects. */
  connector: string | null
  /** JSON; null until somebody connects. With it the volume is exported for this attachment. */
  connection_info: string | null
  attach_time: string | null
  created_at: string
}

/** Table `volume_types`. */
export interface VolumeTypeTable {
  id: string
  name: string
  description: string | null
  is_public: Flag
  created_at: string
  updated_at: string | null
}

/** Table `volume_type_extra_specs`. */
interface ExtraSpecTable {
  volume_type_id: string
  key: string
  value: string
}

/** Table `volume_type_projects`: who may use a type that is not public. */
interface TypeProjectTable {
  volume_type_id: string
  project_id: string
}

/** Table `quotas`: limits that differ from the configuration. */
interface QuotaTable {
  project_id: string
  resource: string
  hard_limit: number
}

/** Table `quota_locks`: a row for each project, for the lock that a transaction takes before it counts. */
interface QuotaLockTable {
  project_id: string
  turn: number
}

/** All tables of the service. */
export interface CinderTables {
  volumes: VolumeTable
  snapshots: SnapshotTable
  metadata: MetadataTable
  volume_attachment: AttachmentTable
  volume_types: VolumeTypeTable
  volume_type_extra_specs: ExtraSpecTable
  volume_type_projects: TypeProjectTable
  quotas: QuotaTable
  quota_locks: QuotaLockTable
}
