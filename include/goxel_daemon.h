/* Made by build.rs from capi/src/headless: change that, not this. */

#ifndef GOXEL_DAEMON_H
#define GOXEL_DAEMON_H

/* The name that this API had for a while; the same declarations. */
#include "goxel_headless.h"

#endif /* GOXEL_DAEMON_H */
