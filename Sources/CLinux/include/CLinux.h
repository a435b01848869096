// Linux calls that Swift's Glibc module lacks: epoll, accept4, eventfd, timerfd, and macros.
#pragma once
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

/// One epoll entry; `data` is the caller's tag (epoll_event is packed and holds a union, which Swift reads badly).
typedef struct {
    uint32_t events;
    uint64_t data;
} tangent_epoll_entry;

int tangent_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);
/// Fills at most `capacity` (at most 256) entries; returns their number or -1 with errno set.
int tangent_epoll_wait(int epoll, tangent_epoll_entry *entries, int capacity, int timeout_milliseconds);
int tangent_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
/// pipe2(2): `ends[0]` reads what is written to `ends[1]`.
int tangent_pipe2(int ends[2], int flags);
/// Sends two pieces with one call; returns the bytes taken or -1 with errno set.
ssize_t tangent_send_two(int descriptor, const void *first, size_t first_length, const void *second, size_t second_length, int flags);
/// Has the spawned process close every descriptor from `first` on.
int tangent_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
/// Bytes given to a socket that its peer has not acknowledged (ioctl SIOCOUTQ, a macro); 0 where the system does not say.
int tangent_unacknowledged(int descriptor);
