// SPDX-License-Identifier: Apache-2.0
//
// The C library's resolver for Swift, which cannot import its macros and its state.
#ifndef CRESOLVER_H
#define CRESOLVER_H

#include <stdint.h>

enum cr_failure {
    CR_NO_SUCH_NAME = 1,
    CR_NO_RECORDS = 2,   // the name exists, but has no SRV records
    CR_UNREACHABLE = 3,  // no server answered, or one said that it cannot now
    CR_REFUSED = 4,      // an answer that will not change by asking again
    CR_BAD_SERVER = 5,   // `server` is no IPv4 address
};

// Asks for the SRV records of a name, by the search list of /etc/resolv.conf. Blocks for as long as the servers take,
// some seconds each when they do not answer; safe to call from any thread.
//
// `server`, an IPv4 address, and `port` take the place of the configured servers; NULL = those.
//
// Returns the length of the answer, a DNS message that nobody has checked; or -1, and why.
int cr_search_srv(const char *name, const char *server, uint16_t port, unsigned char *answer, int capacity,
                  enum cr_failure *failure);

#endif
