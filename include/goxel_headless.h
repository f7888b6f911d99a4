/* Made by build.rs from capi/src/headless: change that, not this. */

#ifndef GOXEL_HEADLESS_H
#define GOXEL_HEADLESS_H

#include <stdint.h>
#include <stdbool.h>
#include <stddef.h>

/** The version of this header; goxel_get_version() tells that of the library. */
#define GOXEL_VERSION_MAJOR 0
#define GOXEL_VERSION_MINOR 20
#define GOXEL_VERSION_PATCH 0
#define GOXEL_VERSION_STRING "0.20.0"

/** Changes when a program must be compiled again. */
#define GOXEL_API_VERSION 1

/**
 * A context: one project, one lock, the text of the last error. Contexts share nothing.
 * Any thread may call on any context; calls on one context wait for each other.
 */
typedef struct goxel_context goxel_context_t;

/** What a call answers. */
typedef enum {
    /** It worked. */
    GOXEL_SUCCESS = 0,
    /** The context is NULL, not initialised, or no context at all. */
    GOXEL_ERROR_INVALID_CONTEXT = 1,
    /** A pointer is NULL or a value is out of range. */
    GOXEL_ERROR_INVALID_PARAMETER = 2,
    /** There is no such file. */
    GOXEL_ERROR_FILE_NOT_FOUND = 3,
    /** The file is there but cannot be read, or cannot be written. */
    GOXEL_ERROR_FILE_ACCESS = 4,
    /** The file is of no known format or broken, or the format is not built in. */
    GOXEL_ERROR_UNSUPPORTED_FORMAT = 5,
    /** Out of memory, or over a limit that guards it. */
    GOXEL_ERROR_OUT_OF_MEMORY = 6,
    /** The call makes no sense in the state the project is in. */
    GOXEL_ERROR_INVALID_OPERATION = 7,
    /** No layer has that id. */
    GOXEL_ERROR_LAYER_NOT_FOUND = 8,
    /** The picture could not be made. */
    GOXEL_ERROR_RENDER_FAILED = 9,
    /** A script failed; no function of this API answers it. */
    GOXEL_ERROR_SCRIPT_FAILED = 10,
    /** The context could not be initialised. */
    GOXEL_ERROR_INIT_FAILED = 11,
    /** An error inside the library; please report it. */
    GOXEL_ERROR_UNKNOWN = -1
} goxel_error_t;

/** From where a picture is taken; the camera moves until the voxels fill the picture. */
typedef enum {
    /** From the front, looking along +Y. */
    GOXEL_CAMERA_FRONT = 0,
    /** From the back. */
    GOXEL_CAMERA_BACK = 1,
    /** From the left. */
    GOXEL_CAMERA_LEFT = 2,
    /** From the right. */
    GOXEL_CAMERA_RIGHT = 3,
    /** From above. */
    GOXEL_CAMERA_TOP = 4,
    /** From below. */
    GOXEL_CAMERA_BOTTOM = 5,
    /** From a corner, half above. */
    GOXEL_CAMERA_ISOMETRIC = 6
} goxel_camera_preset_t;

/** The format of a picture. */
typedef enum {
    /** PNG, 8-bit RGBA. */
    GOXEL_FORMAT_PNG = 0,
    /** JPEG, of the options' quality. */
    GOXEL_FORMAT_JPEG = 1,
    /** BMP, 24 bits, not compressed. */
    GOXEL_FORMAT_BMP = 2
} goxel_render_format_t;

/** A colour: sRGB with straight alpha. Alpha 0 is an empty place. */
typedef struct {
    /** Red. */
    uint8_t r;
    /** Green. */
    uint8_t g;
    /** Blue. */
    uint8_t b;
    /** Alpha. */
    uint8_t a;
} goxel_color_t;

/** A place: one voxel. Z is up; any int will do. */
typedef struct {
    /** To the right. */
    int x;
    /** To the back. */
    int y;
    /** Up. */
    int z;
} goxel_pos_t;

/** A box of voxels; both corners belong to it. */
typedef struct {
    /** The corner with the least coordinates. */
    goxel_pos_t min;
    /** The corner with the greatest coordinates. */
    goxel_pos_t max;
} goxel_box_t;

/** A layer's id: at least 1, unique in its project, used again after deletion. */
typedef int goxel_layer_id_t;

/** How to render. A number that its enum does not name is GOXEL_ERROR_INVALID_PARAMETER. */
typedef struct {
    /** Pixels in a row, at least 1. */
    int width;
    /** Rows, at least 1. */
    int height;
    /** From where. */
    goxel_camera_preset_t camera;
    /** Into which format. */
    goxel_render_format_t format;
    /**
     * 1 to 100 for JPEG, where 0 is 90 and others are GOXEL_ERROR_INVALID_PARAMETER. PNG and
     * BMP lose nothing and do not look at it.
     */
    int quality;
} goxel_render_options_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes a context. It must be initialised before use.
 *
 * Owned by the caller, who gives it back with goxel_destroy_context().
 */
goxel_context_t *goxel_create_context(void);

/**
 * Makes a context ready for use. It has no project yet. A second time does nothing.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_init_context(goxel_context_t *ctx);

/**
 * Destroys a context with its project. NULL is fine.
 *
 * No other call on it may be running, and none may follow: the memory is gone.
 * A context that is destroyed twice cannot always be told from a live one.
 *
 * Safety:
 * `ctx` is NULL or live, and nobody else uses it.
 */
void goxel_destroy_context(goxel_context_t *ctx);

/**
 * Replaces the project by a new one: one empty layer, one material, one camera.
 *
 * Each size must be at least 1; nothing else is made of it. A project has no edges, and its
 * work area, which goxel_get_project_bounds() tells, is 32 x 32 x 32. `name` may be NULL;
 * it is borrowed and not kept.
 *
 * Safety:
 * `ctx` is NULL or live; `name` is NULL or a string.
 */
goxel_error_t goxel_create_project(goxel_context_t *ctx,
                                   const char *name,
                                   int width,
                                   int height,
                                   int depth);

/**
 * Replaces the project by the one in a file: .gox or .vox, judged by its content.
 *
 * `path` is borrowed. On failure the project is as it was; where there was none and the
 * file could be read but not understood, there is a new, empty one.
 *
 * Safety:
 * `ctx` is NULL or live; `path` is NULL or a string.
 */
goxel_error_t goxel_load_project(goxel_context_t *ctx, const char *path);

/**
 * Saves the project in the format that the path ends in: .gox or .vox; .gox for any other.
 *
 * The file is written beside `path` and then put in place: it is complete, or it is what it
 * was. `path` is borrowed. GOXEL_ERROR_FILE_ACCESS when there is no project.
 *
 * Safety:
 * `ctx` is NULL or live; `path` is NULL or a string.
 */
goxel_error_t goxel_save_project(goxel_context_t *ctx, const char *path);

/**
 * Saves the project in a format: "gox" or "vox", whatever the path ends in.
 *
 * As goxel_save_project(), but GOXEL_ERROR_UNSUPPORTED_FORMAT when there is no project or no
 * such format. `path` and `format` are borrowed.
 *
 * Safety:
 * `ctx` is NULL or live; `path` and `format` are NULL or strings.
 */
goxel_error_t goxel_save_project_format(goxel_context_t *ctx, const char *path, const char *format);

/**
 * Discards the project. A new, empty one takes its place, so that calls go on working.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_close_project(goxel_context_t *ctx);

/**
 * Writes the size of the project's work area: 32 x 32 x 32 in a new project, else what its
 * file says; zeros when the file says there is none. Voxels may lie outside.
 *
 * Safety:
 * `ctx` is NULL or live; the others are NULL or writable.
 */
goxel_error_t goxel_get_project_bounds(goxel_context_t *ctx, int *width, int *height, int *depth);

/**
 * Writes one voxel into the active layer, over whatever was there. Alpha 0 erases.
 *
 * `color` is borrowed. On failure the project is as it was.
 *
 * Safety:
 * `ctx` is NULL or live; `color` is NULL or readable.
 */
goxel_error_t goxel_add_voxel(goxel_context_t *ctx,
                              int x,
                              int y,
                              int z,
                              const goxel_color_t *color);

/**
 * Erases one voxel of the active layer. An empty place is fine.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_remove_voxel(goxel_context_t *ctx, int x, int y, int z);

/**
 * Writes the colour of one voxel of the active layer; zeros where there is none.
 *
 * GOXEL_ERROR_INVALID_PARAMETER when there is no project; the last error's text stays.
 *
 * Safety:
 * `ctx` is NULL or live; `color` is NULL or writable.
 */
goxel_error_t goxel_get_voxel(goxel_context_t *ctx, int x, int y, int z, goxel_color_t *color);

/**
 * Writes `count` voxels into the active layer, in order: later ones win. Alpha 0 erases.
 *
 * `positions` and `colors` are borrowed and hold `count` elements, at least 1. All are
 * written, or, on failure, none.
 *
 * Safety:
 * `ctx` is NULL or live; the others are NULL or readable for `count` elements.
 */
goxel_error_t goxel_add_voxel_batch(goxel_context_t *ctx,
                                    const goxel_pos_t *positions,
                                    const goxel_color_t *colors,
                                    size_t count);

/**
 * Erases the voxels of the active layer in a box. Both corners belong to it; a box that
 * ends before it starts holds nothing.
 *
 * `box` is borrowed.
 *
 * Safety:
 * `ctx` is NULL or live; `box` is NULL or readable.
 */
goxel_error_t goxel_remove_voxels_in_box(goxel_context_t *ctx, const goxel_box_t *box);

/**
 * Recolours a voxel of the active layer, alpha included. Alpha 0 erases.
 *
 * GOXEL_ERROR_INVALID_OPERATION where there is no voxel. `color` is borrowed.
 *
 * Safety:
 * `ctx` is NULL or live; `color` is NULL or readable.
 */
goxel_error_t goxel_paint_voxel(goxel_context_t *ctx,
                                int x,
                                int y,
                                int z,
                                const goxel_color_t *color);

/**
 * Adds an empty layer on top, makes it the active one, and writes its id.
 *
 * `name` is copied, at most 255 bytes of it, and need not be unique; NULL stands for the next
 * free "Layer.N". `color` is not used: layers have no colour of their own.
 *
 * Safety:
 * `ctx` is NULL or live; `name` is NULL or a string; `layer_id` is NULL or writable.
 */
goxel_error_t goxel_create_layer(goxel_context_t *ctx,
                                 const char *name,
                                 const goxel_color_t *color,
                                 bool visible,
                                 goxel_layer_id_t *layer_id);

/**
 * Deletes a layer with its voxels. The last one is replaced by an empty layer; if the active
 * one goes, the topmost becomes active.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_delete_layer(goxel_context_t *ctx, goxel_layer_id_t layer_id);

/**
 * Makes a layer the one that voxel calls go to.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_set_active_layer(goxel_context_t *ctx, goxel_layer_id_t layer_id);

/**
 * Writes the id of the active layer, or -1 when there is no project.
 *
 * Safety:
 * `ctx` is NULL or live; `layer_id` is NULL or writable.
 */
goxel_error_t goxel_get_active_layer(goxel_context_t *ctx, goxel_layer_id_t *layer_id);

/**
 * Shows or hides a layer in pictures.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
goxel_error_t goxel_set_layer_visibility(goxel_context_t *ctx,
                                         goxel_layer_id_t layer_id,
                                         bool visible);

/**
 * Writes how many layers there are: 0 when there is no project.
 *
 * Safety:
 * `ctx` is NULL or live; `count` is NULL or writable.
 */
goxel_error_t goxel_get_layer_count(goxel_context_t *ctx, int *count);

/**
 * Renders the visible layers into a picture file.
 *
 * The camera is fitted to the voxels that are seen; the background is light grey. The file is
 * complete, or it is what it was: GOXEL_ERROR_FILE_ACCESS when it cannot be written, and
 * GOXEL_ERROR_RENDER_FAILED when there is no project or the picture is too large.
 * `output_path` and `options` are borrowed.
 *
 * Safety:
 * `ctx` is NULL or live; `output_path` is NULL or a string; `options` is NULL or readable.
 */
goxel_error_t goxel_render_to_file(goxel_context_t *ctx,
                                   const char *output_path,
                                   const goxel_render_options_t *options);

/**
 * Renders the visible layers into a new buffer: the bytes of a picture file, not raw pixels.
 *
 * The buffer comes from malloc() and is owned by the caller, who gives it back with free().
 * The camera is fitted to the voxels that are seen; the background is light grey.
 * GOXEL_ERROR_RENDER_FAILED when there is no project or the picture is too large. `options` is
 * borrowed. On failure nothing is written.
 *
 * Safety:
 * `ctx` is NULL or live; `options` is NULL or readable; the others are NULL or writable.
 */
goxel_error_t goxel_render_to_buffer(goxel_context_t *ctx,
                                     uint8_t **buffer,
                                     size_t *buffer_size,
                                     const goxel_render_options_t *options);

/** Says an error in words. Never NULL; the string is static. */
const char *goxel_get_error_string(goxel_error_t error);

/**
 * Says why the last failed call on this context failed, or NULL when none did.
 *
 * The text is set by failures only and never cleared; GOXEL_ERROR_INVALID_CONTEXT sets none.
 * At most 511 bytes. Owned by the context: it lasts until the next failure on it, in any
 * thread, or its destruction.
 *
 * Safety:
 * `ctx` is NULL or live.
 */
const char *goxel_get_last_error(goxel_context_t *ctx);

/**
 * Writes how many bytes the voxels of the project take, and how many the context with its
 * project takes in all, voxels included. What layers share is counted for each.
 *
 * Safety:
 * `ctx` is NULL or live; the others are NULL or writable.
 */
goxel_error_t goxel_get_memory_usage(goxel_context_t *ctx,
                                     size_t *bytes_used,
                                     size_t *bytes_allocated);

/**
 * The version of the library, which need not be that of this header. Each of the three may be
 * NULL. The string is static.
 *
 * Safety:
 * Each is NULL or writable.
 */
const char *goxel_get_version(int *major, int *minor, int *patch);

/**
 * Whether the library can do something. Known are:
 *
 * - "osmesa": pictures without a GPU and a display. True: the library has its own renderer,
 *   and OSMesa is not in it;
 * - "threading": contexts may be used from any thread. True;
 * - "scripting": false, no function of this API runs a script.
 *
 * False for NULL and anything else. `feature` is borrowed.
 *
 * Safety:
 * `feature` is NULL or a string.
 */
bool goxel_has_feature(const char *feature);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GOXEL_HEADLESS_H */
