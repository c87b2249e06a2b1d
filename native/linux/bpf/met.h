/* Which sockets the walk over the processes' files met: the walk over the port tables, which comes
 * after it, has nothing to add about those. Two may fall on one place; then the later one is kept, and
 * the earlier one is told twice. So this may forget, but never leaves out what was not met.
 */
#pragma once
#include "map.h"

#define MET_PLACES 131072 /* a power of two */

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, MET_PLACES);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE); /* socket-table.ts empties it before each read */
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} met SEC(".maps");

INLINE u64 *met_place(u64 cookie)
{
	u32 place = cookie & (MET_PLACES - 1);

	return bpf_map_lookup_elem(&met, &place);
}

INLINE void meet(u64 cookie)
{
	u64 *place = met_place(cookie);

	if (place)
		*place = cookie;
}

INLINE int was_met(u64 cookie)
{
	u64 *place = met_place(cookie);

	return place && *place == cookie;
}
