/** What the service finds out about data while it comes. */
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
