const clusterBits = 16
const clusterBytes = 2 ** clusterBits
// Header, refcount table, one refcount block, L1 table: a cluster each.
const clusters = { refcountTable: 1, refcountBlock: 2, l1Table: 3, all: 4 } as const

/**
 * A qcow2 image in which nothing was written yet, made without QEMU.
 *
 * @param virtualSize bytes that a guest would see; at most 4 TiB, as far as one cluster of L1 table reaches
 * @see QEMU, docs/interop/qcow2.txt
 */
export function emptyQcow2(virtualSize: number): Buffer {
  const image = Buffer.alloc(clusters.all * clusterBytes)
  image.write('QFI\xfb', 0, 'latin1')
  image.writeUInt32BE(2, 4)
  image.writeUInt32BE(clusterBits, 20)
  image.writeBigUInt64BE(BigInt(virtualSize), 24)
  const bytesPerL1Entry = (clusterBytes / 8) * clusterBytes
  image.writeUInt32BE(Math.ceil(virtualSize / bytesPerL1Entry), 36)
  image.writeBigUInt64BE(BigInt(clusters.l1Table * clusterBytes), 40)
  image.writeBigUInt64BE(BigInt(clusters.refcountTable * clusterBytes), 48)
  image.writeUInt32BE(1, 56)
  image.writeBigUInt64BE(BigInt(clusters.refcountBlock * clusterBytes), clusters.refcountTable * clusterBytes)
  for (let cluster = 0; cluster < clusters.all; cluster++) {
    image.writeUInt16BE(1, clusters.refcountBlock * clusterBytes + cluster * 2)
  }
  return image
}
