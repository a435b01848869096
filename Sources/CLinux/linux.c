#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tangent_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int tangent_epoll_wait(int epoll, tangent_epoll_entry *entries, int capacity, int timeout_milliseconds) {
    struct epoll_event events[256];
    if (capacity > 256) capacity = 256;
    const int count = epoll_wait(epoll, events, capacity, timeout_milliseconds);
    for (int i = 0; i < count; i++) {
        entries[i].events = events[i].events;
        entries[i].data = events[i].data.u64;
    }
    return count;
}

int tangent_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(listener, address, length, flags);
}

int tangent_pipe2(int ends[2], int flags) {
    return pipe2(ends, flags);
}

ssize_t tangent_send_two(int descriptor, const void *first, size_t first_length, const void *second, size_t second_length, int flags) {
    struct iovec pieces[2] = {{(void *)first, first_length}, {(void *)second, second_length}};
    const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(descriptor, &message, flags);
}

int tangent_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int tangent_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : 0;
}
