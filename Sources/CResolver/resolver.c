// SPDX-License-Identifier: Apache-2.0
#include "CResolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

static enum cr_failure failure_of(int reason) {
    switch (reason) {
    case HOST_NOT_FOUND: return CR_NO_SUCH_NAME;
    case NO_DATA: return CR_NO_RECORDS;
    case NO_RECOVERY: return CR_REFUSED;
    default: return CR_UNREACHABLE;
    }
}

int cr_search_srv(const char *name, const char *server, uint16_t port, unsigned char *answer, int capacity,
                  enum cr_failure *failure) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    *failure = CR_UNREACHABLE;
    if (res_ninit(&state) != 0) return -1;
    state.retrans = 2;
    state.retry = 2;
    state.options |= RES_USE_EDNS0;
    int length = -1;
    if (server != NULL) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
        if (inet_pton(AF_INET, server, &address.sin_addr) != 1) {
            *failure = CR_BAD_SERVER;
            goto out;
        }
        state.nscount = 1;
        state.nsaddr_list[0] = address;
    }
    length = res_nsearch(&state, name, ns_c_in, ns_t_srv, answer, capacity);
    if (length < 0) *failure = failure_of(state.res_h_errno);
    // What did not fit was cut off, but is counted.
    if (length > capacity) length = capacity;
out:
    res_nclose(&state);
    return length;
}
