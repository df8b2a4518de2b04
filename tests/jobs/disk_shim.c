/* Sees every operation on the files of one directory, for the tests of jobs: logs it, fails it, or kills the process.
 *
 * Preloaded into a process (LD_PRELOAD). The environment says what to do:
 *   SHIM_DIR   only files below it count, and not SQLite's shared memory, which no disk keeps
 *   SHIM_LOG   every operation is written there, with its data
 *   SHIM_KILL  N or -N: the process is killed before, or after, its Nth operation
 *   SHIM_FAIL  N:ERRNO[:KIND]: the Nth operation (of that kind) and all that follow of it fail; a write does half
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 4096
static char *paths[MOST];
static int log_file = -2, operations, matches;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int counts(const char *path) {
    const char *directory = getenv("SHIM_DIR");
    size_t length = path ? strlen(path) : 0;
    if (!directory || !path || strncmp(path, directory, strlen(directory))) return 0;
    if (length >= 4 && !strcmp(path + length - 4, "-shm")) return 0;
    return !(length >= 5 && !strcmp(path + length - 5, "/lock"));
}

static void record(char kind, const char *path, const char *other, int64_t offset, const void *data, int64_t size) {
    const char *name = getenv("SHIM_LOG");
    if (!name) return;
    if (log_file == -2) log_file = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    char head[1024];
    int length = snprintf(head, sizeof head, "%c\t%s\t%s\t%lld\t%lld\n", kind, path, other, (long long)offset,
                          (long long)size);
    syscall(SYS_write, log_file, head, length);
    if (size > 0 && data) syscall(SYS_write, log_file, data, size);
}

/* Returns an errno, or 0 to go on. */
static int begin(char kind) {
    const char *kill_at = getenv("SHIM_KILL"), *fail_at = getenv("SHIM_FAIL");
    pthread_mutex_lock(&mutex);
    operations++;
    if (kill_at && atoi(kill_at) == operations) kill(getpid(), SIGKILL);
    if (fail_at) {
        int number = 0, code = 0;
        char only = 0;
        sscanf(fail_at, "%d:%d:%c", &number, &code, &only);
        if (!only || only == kind) matches++;
        if (matches >= number && (!only || only == kind)) return code;
    }
    return 0;
}

static void end(void) {
    const char *kill_at = getenv("SHIM_KILL");
    if (kill_at && -atoi(kill_at) == operations) kill(getpid(), SIGKILL);
    pthread_mutex_unlock(&mutex);
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static int opened(int file, const char *path, int flags, int is_new) {
    if (file >= 0 && file < MOST && counts(path)) {
        free(paths[file]);
        paths[file] = strdup(path);
        if (is_new) record('c', path, "", 0, NULL, 0);
        else if (flags & O_TRUNC) record('t', path, "", 0, NULL, 0);
    }
    return file;
}

static int open_any(const char *path, int flags, mode_t mode) {
    int is_counted = counts(path), is_new = is_counted && (flags & O_CREAT) && access(path, F_OK);
    if (is_new) {
        int code = begin('c');
        if (code) { end(); errno = code; return -1; }
    }
    int file = opened(syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, flags, is_new);
    if (is_new) end();
    return file;
}

#define OPEN(name) int name(const char *path, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest); \
    return open_any(path, flags, mode); }
OPEN(open)
OPEN(open64)

int openat64(int directory, const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
    if (directory == AT_FDCWD || path[0] == '/') return open_any(path, flags, mode);
    return syscall(SYS_openat, directory, path, flags, mode);
}

int close(int file) {
    if (file >= 0 && file < MOST && paths[file]) { free(paths[file]); paths[file] = NULL; }
    return syscall(SYS_close, file);
}

static int is_ours(int file) { return file >= 0 && file < MOST && paths[file]; }

static ssize_t written(int file, const void *data, size_t size, int64_t offset) {
    int code = begin('w');
    if (code) size /= 2;
    if (offset < 0) offset = lseek(file, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_pwrite64, file, data, size, offset);
    if (done > 0) record('w', paths[file], "", offset, data, done);
    end();
    if (code) { errno = code; return -1; }
    return done;
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset) {
    return is_ours(file) ? written(file, data, size, offset) : syscall(SYS_pwrite64, file, data, size, offset);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t offset) { return pwrite64(file, data, size, offset); }

ssize_t write(int file, const void *data, size_t size) {
    if (!is_ours(file)) return syscall(SYS_write, file, data, size);
    ssize_t done = written(file, data, size, -1);
    if (done > 0) lseek(file, done, SEEK_CUR);
    return done;
}

static int synced(int file, long number) {
    if (!is_ours(file)) return syscall(number, file);
    int code = begin('s'), result = -1;
    if (!code) {
        result = syscall(number, file);
        record('s', paths[file], "", 0, NULL, 0);
    }
    end();
    if (code) errno = code;
    return result;
}
int fsync(int file) { return synced(file, SYS_fsync); }
int fdatasync(int file) { return synced(file, SYS_fdatasync); }

int ftruncate64(int file, off64_t size) {
    if (!is_ours(file)) return syscall(SYS_ftruncate, file, size);
    int code = begin('t'), result = -1;
    if (!code) {
        result = syscall(SYS_ftruncate, file, size);
        record('t', paths[file], "", size, NULL, 0);
    }
    end();
    if (code) errno = code;
    return result;
}
int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

int rename(const char *old, const char *new) {
    if (!counts(old) && !counts(new)) return syscall(SYS_rename, old, new);
    int code = begin('r'), result = -1;
    if (!code) {
        result = syscall(SYS_rename, old, new);
        if (!result) record('r', old, new, 0, NULL, 0);
    }
    end();
    if (code) errno = code;
    return result;
}

int unlink(const char *path) {
    if (!counts(path) || access(path, F_OK)) return syscall(SYS_unlink, path);
    int code = begin('u'), result = -1;
    if (!code) {
        result = syscall(SYS_unlink, path);
        record('u', path, "", 0, NULL, 0);
    }
    end();
    if (code) errno = code;
    return result;
}
