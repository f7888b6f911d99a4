/*
 * A program as they were written in July 2025, against the header and the library name of then.
 * It takes no argument and writes into the current folder.
 */
#include "../../include/goxel_headless.h"

#include <stdio.h>

static void show_features(void)
{
    const char *features[] = {"osmesa", "scripting", "threading"};
    for (int i = 0; i < 3; i++)
        printf("  %s: %s\n", features[i], goxel_has_feature(features[i]) ? "yes" : "no");
}

static int check(goxel_context_t *ctx, goxel_error_t result, const char *step)
{
    if (result == GOXEL_SUCCESS) return 1;
    printf("%s failed: %s\n", step, goxel_get_error_string(result));
    const char *last = goxel_get_last_error(ctx);
    if (last) printf("  %s\n", last);
    goxel_destroy_context(ctx);
    return 0;
}

int main(void)
{
    int major, minor, patch;
    const char *version = goxel_get_version(&major, &minor, &patch);
    printf("version %s (%d.%d.%d)\n", version, major, minor, patch);
    show_features();

    goxel_context_t *ctx = goxel_create_context();
    if (!ctx) return 1;
    if (!check(ctx, goxel_init_context(ctx), "init")) return 1;
    if (!check(ctx, goxel_create_project(ctx, "Example Project", 32, 32, 32), "create")) return 1;

    int added = 0;
    for (int x = 15; x <= 17; x++) {
        for (int y = 15; y <= 17; y++) {
            for (int z = 15; z <= 17; z++) {
                goxel_color_t color = {(uint8_t)(x * 15), (uint8_t)(y * 15), (uint8_t)(z * 15), 255};
                if (goxel_add_voxel(ctx, x, y, z, &color) == GOXEL_SUCCESS) added++;
            }
        }
    }
    printf("%d voxels added\n", added);

    int width, height, depth;
    if (!check(ctx, goxel_get_project_bounds(ctx, &width, &height, &depth), "bounds")) return 1;
    printf("bounds %dx%dx%d\n", width, height, depth);
    if (!check(ctx, goxel_save_project(ctx, "example_output.gox"), "save")) return 1;
    printf("saved example_output.gox\n");

    size_t used, allocated;
    if (goxel_get_memory_usage(ctx, &used, &allocated) == GOXEL_SUCCESS)
        printf("memory %lu of %lu bytes\n", (unsigned long)used, (unsigned long)allocated);
    goxel_destroy_context(ctx);
    return 0;
}
