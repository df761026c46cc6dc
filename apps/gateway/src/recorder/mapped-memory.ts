import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

/** <sys/mman.h>, the same on every Linux. */
const protReadWrite = 3;
const mapShared = 1;
const mapFailed = 2n ** 64n - 1n;

/**
 * mmap(2): memory that is the file. What is stored in it has been given to the operating system, as `write` gives it, and is
 * synced by `fdatasync`. The mapping lasts as long as the process, since nobody can tell who still holds a view of it; what
 * happens when the file is cut meanwhile is a SIGBUS, so the file must have all its blocks and nobody else's hands on it.
 *
 * @param fd of a file that reaches to `offset + bytes` at least, open for reading and writing. @param offset a multiple of 4096
 * @throws where there is no such memory: another system than Linux, a file system without it
 */
export function mapFile(fd: number, offset: number, bytes: number): ArrayBuffer {
  if (process.platform !== 'linux') throw new Error(`no mapped memory on ${process.platform}`);
  // Loaded here, since it is a library of machine code that some platform may lack.
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const mmap = koffi
    .load(null)
    .func('void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)');
  const pointer: unknown = mmap(null, bytes, protReadWrite, mapShared, fd, offset);
  if (pointer === null || BigInt.asUintN(64, koffi.address(pointer)) === mapFailed) throw new Error('mmap failed');
  return koffi.view(pointer, bytes);
}
