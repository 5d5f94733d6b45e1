import type { DataFacts } from '../image-data/data-facts.ts'
import type { ImageStatus } from './states.ts'

/** Who sees an image: everybody, its project, its project and chosen ones, everybody who knows its id. */
export const visibilities = ['community', 'public', 'private', 'shared'] as const

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

/** An image as it is stored. */
export interface Image extends ImageAttributes {
  id: string
  status: ImageStatus
  /** Null until its data is complete. */
  facts: DataFacts | null
  /** Bytes of data that waits for its import. */
  stagedSize: number | null
  /** The upload that made the data. */
  dataId: string | null
  /** The task of the last import. */
  importId: string | null
  /** ISO 8601 with milliseconds, UTC. */
  createdAt: string
  updatedAt: string
  /** For compare-and-set: the revision that was read. */
  revision: number
}
