// SPDX-License-Identifier: Apache-2.0
// Debian's libzstd-dev.
#include <zstd.h>
