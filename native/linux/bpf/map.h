/* How a map is declared: attributes as the types of members, which clang writes down (libbpf's
 * bpf_helpers.h has the same as __uint and __type). Numbers: include/uapi/linux/bpf.h.
 */
#pragma once
#include "kernel.h"

#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

#define MAP_TYPE_ARRAY 2
#define MAP_TYPE_PERCPU_ARRAY 6
#define MAP_TYPE_LRU_HASH 9
#define MAP_TYPE_RINGBUF 27
#define MAP_IS_MMAPABLE 1024
