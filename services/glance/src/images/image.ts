import type { ImageStatus } from './states.ts'

/** Who sees an image: everybody, its project, its project and chosen ones, everybody who knows its id. */
export const visibilities = ['public', 'private', 'shared', 'community'] as const

export type Visibility = (typeof visibilities)[number]

/** What its makers say of an image. */
export interface ImageAttributes {
  name: string | null
  visibility: Visibility
  /** Id of a project; null only for an image made by an administrator without a project. */
  owner: string | null
  /** Refuses to be deleted. */
  protected: boolean
  /** Left out of lists unless asked for. */
  hidden: boolean
  containerFormat: string | null
  diskFormat: string | null
  /** GiB. */
  minDisk: number
  /** MiB. */
  minRam: number
  tags: string[]
  /** Custom properties by name. */
  properties: Map<string, string>
}

/** What the service finds out about the data while it is uploaded. */
export interface DataFacts {
  /** Bytes of the file. */
  size: number
  /** Bytes of the disk as a guest sees it; null if the format does not say. */
  virtualSize: number | null
  /** MD5 in hex, for old clients. */
  checksum: string
  hashAlgorithm: 'sha512'
  /** In hex. */
  hashValue: string
}

/** An image as it is stored. Facts are null until its data is complete. */
export interface Image extends ImageAttributes {
  id: string
  status: ImageStatus
  facts: DataFacts | null
  /** ISO 8601 with milliseconds, UTC. */
  createdAt: string
  updatedAt: string
  /** For compare-and-set: the revision that was read. */
  revision: number
}
