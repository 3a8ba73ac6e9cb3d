/*
 * A library to preload (LD_PRELOAD): turns Nagle's algorithm off for every TCP connection that the program accepts. On
 * Linux, a connection inherits TCP_NODELAY from its listener. docs/operations.md says why Porthole gains by it, and
 * deploy/build-nodelay builds it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void turn_nagle_off(int fd) {
  const int errno_before = errno, on = 1;
  int protocol = 0;
  socklen_t size = sizeof protocol;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  errno = errno_before;
}

int listen(int fd, int backlog) {
  int (*next)(int, int) = (int (*)(int, int)) dlsym(RTLD_NEXT, "listen");
  turn_nagle_off(fd);
  return next != NULL ? next(fd, backlog) : (int) syscall(SYS_listen, fd, backlog);
}
