// Errors of the operating system in the words of the App Server protocol: a text, and the number of Linux.

/** Null when it is not one of those. Also on other systems the number is that of Linux, which clients know. */
export function osErrorText(error: unknown): string | null {
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return null;
  const known = Object.hasOwn(texts, code) ? texts[code] : undefined;
  const [number, text] = known ?? [Math.abs(errno ?? 0), code];
  return `${text} (os error ${number})`;
}

// As the original's C library says it, which is not the usual one.
const texts: Partial<Record<string, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EIO: [5, "I/O error"],
  ENXIO: [6, "No such device or address"],
  EBADF: [9, "Bad file descriptor"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  ENOMEM: [12, "Out of memory"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Resource busy"],
  EEXIST: [17, "File exists"],
  EXDEV: [18, "Cross-device link"],
  ENODEV: [19, "No such device"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EINVAL: [22, "Invalid argument"],
  ENFILE: [23, "Too many open files in system"],
  EMFILE: [24, "No file descriptors available"],
  ETXTBSY: [26, "Text file busy"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  EROFS: [30, "Read-only file system"],
  EMLINK: [31, "Too many links"],
  ENAMETOOLONG: [36, "Filename too long"],
  ENOTEMPTY: [39, "Directory not empty"],
  ELOOP: [40, "Symbolic link loop"],
  ENOTSUP: [95, "Not supported"],
  EDQUOT: [122, "Quota exceeded"],
};
