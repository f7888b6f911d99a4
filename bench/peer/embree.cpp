// The peer of benches/embree.rs: the same rays through the same voxels by Embree 3, one
// thread, CPU time. The first argument limits what instructions Embree uses.
//
// Reads one request a line from stdin and answers each with `seconds check`. The voxels come
// as a file of bits, x fastest; rays as a file of columns: origin, direction, reach. The voxels'
// exposed faces are one mesh (`faces`), the same merged into rectangles another (`greedy`).
#include <embree3/rtcore.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

struct Bits {
    int edge = 0;
    std::vector<uint64_t> words;
    bool get(int x, int y, int z) const {
        if (unsigned(x) >= unsigned(edge) || unsigned(y) >= unsigned(edge)) return false;
        if (unsigned(z) >= unsigned(edge)) return false;
        const size_t at = (size_t(z) * edge + y) * edge + x;
        return words[at >> 6] >> (at & 63) & 1;
    }
};

struct Rays {
    size_t count = 0, room = 0;
    std::vector<float> columns[7];
    bool any = false, coherent = false;
};

struct Mesh {
    std::vector<float> corners;
    std::vector<uint32_t> quads;
};

static double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void answer(double seconds, uint64_t check) {
    printf("%.9f %llu\n", seconds, (unsigned long long)check);
    fflush(stdout);
}

static void read(FILE* file, void* to, size_t bytes) {
    if (fread(to, 1, bytes, file) != bytes) throw std::runtime_error("a file is too short");
}

static FILE* open(const std::string& path, const char* mode) {
    FILE* file = fopen(path.c_str(), mode);
    if (!file) throw std::runtime_error("cannot open " + path);
    return file;
}

static Bits load_bits(const std::string& path, int edge) {
    Bits bits;
    bits.edge = edge;
    bits.words.resize(size_t(edge) * edge * edge / 64);
    FILE* file = open(path, "rb");
    read(file, bits.words.data(), bits.words.size() * 8);
    fclose(file);
    return bits;
}

// Columns have room for a last group that is not full: it repeats zeros.
static Rays load_rays(const std::string& path, size_t count, bool any, bool coherent) {
    Rays rays;
    rays.count = count;
    rays.room = (count + 255) / 256 * 256;
    rays.any = any;
    rays.coherent = coherent;
    FILE* file = open(path, "rb");
    for (auto& column : rays.columns) {
        column.resize(rays.room);
        read(file, column.data(), count * 4);
    }
    fclose(file);
    return rays;
}

static void add_quad(Mesh& mesh, int axis, bool upper, int layer, int i, int j, int w, int h) {
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    const float is[4] = {float(i), float(i + w), float(i + w), float(i)};
    const float js[4] = {float(j), float(j), float(j + h), float(j + h)};
    const uint32_t first = mesh.corners.size() / 3;
    for (int corner = 0; corner < 4; corner++) {
        const int turn = upper ? corner : 3 - corner;
        float at[3];
        at[axis] = layer + upper;
        at[u] = is[turn];
        at[v] = js[turn];
        mesh.corners.insert(mesh.corners.end(), at, at + 3);
        mesh.quads.push_back(first + corner);
    }
}

// The faces of one layer that have nothing before them.
static bool exposed(const Bits& bits, int axis, bool upper, int layer, std::vector<uint8_t>& open) {
    const int n = bits.edge, u = (axis + 1) % 3, v = (axis + 2) % 3;
    bool any = false;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            int at[3];
            at[axis] = layer, at[u] = i, at[v] = j;
            bool is_open = bits.get(at[0], at[1], at[2]);
            at[axis] += upper ? 1 : -1;
            is_open = is_open && !bits.get(at[0], at[1], at[2]);
            open[size_t(j) * n + i] = is_open;
            any |= is_open;
        }
    return any;
}

static void add_layer(Mesh& mesh, int n, int axis, bool upper, int layer, bool greedy,
                      std::vector<uint8_t>& open) {
    auto is_open = [&](int i, int j) -> uint8_t& { return open[size_t(j) * n + i]; };
    auto row_is_open = [&](int i, int w, int j) {
        for (int k = 0; k < w; k++)
            if (!is_open(i + k, j)) return false;
        return true;
    };
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            if (!is_open(i, j)) continue;
            int w = 1, h = 1;
            while (greedy && i + w < n && is_open(i + w, j)) w++;
            while (greedy && j + h < n && row_is_open(i, w, j + h)) h++;
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++) is_open(i + x, j + y) = 0;
            add_quad(mesh, axis, upper, layer, i, j, w, h);
        }
}

static Mesh mesh_of(const Bits& bits, bool greedy) {
    Mesh mesh;
    std::vector<uint8_t> open(size_t(bits.edge) * bits.edge);
    for (int axis = 0; axis < 3; axis++)
        for (int upper = 0; upper < 2; upper++)
            for (int layer = 0; layer < bits.edge; layer++)
                if (exposed(bits, axis, upper, layer, open))
                    add_layer(mesh, bits.edge, axis, upper, layer, greedy, open);
    return mesh;
}

static RTCScene build(RTCDevice device, const Mesh& mesh) {
    RTCScene scene = rtcNewScene(device);
    RTCGeometry geometry = rtcNewGeometry(device, RTC_GEOMETRY_TYPE_QUAD);
    void* corners = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0,
                                            RTC_FORMAT_FLOAT3, 12, mesh.corners.size() / 3);
    memcpy(corners, mesh.corners.data(), mesh.corners.size() * 4);
    void* quads = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT4,
                                          16, mesh.quads.size() / 4);
    memcpy(quads, mesh.quads.data(), mesh.quads.size() * 4);
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(scene, geometry);
    rtcReleaseGeometry(geometry);
    rtcCommitScene(scene);
    return scene;
}

static RTCIntersectContext context_of(const Rays& rays) {
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    context.flags = rays.coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT
                                  : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
    return context;
}

static RTCRayHit single(const Rays& rays, size_t i) {
    auto& c = rays.columns;
    RTCRayHit ray;
    ray.ray = {c[0][i], c[1][i], c[2][i], 0, c[3][i], c[4][i], c[5][i], 0, c[6][i], ~0u, 0, 0};
    ray.hit.geomID = ray.hit.instID[0] = RTC_INVALID_GEOMETRY_ID;
    return ray;
}

// What is written: when a ray hits; 0 for a ray that is blocked; infinite for a miss.
static void run_single(RTCScene scene, const Rays& rays, float* time) {
    RTCIntersectContext context = context_of(rays);
    for (size_t i = 0; i < rays.count; i++) {
        RTCRayHit ray = single(rays, i);
        if (rays.any) {
            rtcOccluded1(scene, &context, &ray.ray);
            time[i] = ray.ray.tfar < 0 ? 0 : INFINITY;
        } else {
            rtcIntersect1(scene, &context, &ray);
            const bool hit = ray.hit.geomID != RTC_INVALID_GEOMETRY_ID;
            time[i] = hit ? ray.ray.tfar : INFINITY;
        }
    }
}

static void run_stream(RTCScene scene, const Rays& rays, float* time) {
    RTCIntersectContext context = context_of(rays);
    static RTCRayHit group[256];
    for (size_t i = 0; i < rays.count; i += 256) {
        const int count = std::min<size_t>(256, rays.count - i);
        for (int k = 0; k < count; k++) group[k] = single(rays, i + k);
        if (rays.any) {
            rtcOccluded1M(scene, &context, (RTCRay*)group, count, sizeof(RTCRayHit));
            for (int k = 0; k < count; k++) time[i + k] = group[k].ray.tfar < 0 ? 0 : INFINITY;
        } else {
            rtcIntersect1M(scene, &context, group, count, sizeof(RTCRayHit));
            for (int k = 0; k < count; k++) {
                const bool hit = group[k].hit.geomID != RTC_INVALID_GEOMETRY_ID;
                time[i + k] = hit ? group[k].ray.tfar : INFINITY;
            }
        }
    }
}

struct Eight {
    static constexpr int width = 8;
    using RayHit = RTCRayHit8;
    static constexpr auto intersect = rtcIntersect8;
    static constexpr auto occluded = rtcOccluded8;
};

struct Sixteen {
    static constexpr int width = 16;
    using RayHit = RTCRayHit16;
    static constexpr auto intersect = rtcIntersect16;
    static constexpr auto occluded = rtcOccluded16;
};

template <class P> static void run_packets(RTCScene scene, const Rays& rays, float* time) {
    constexpr int width = P::width;
    RTCIntersectContext context = context_of(rays);
    alignas(64) int valid[width];
    alignas(64) typename P::RayHit group;
    auto& c = rays.columns;
    for (size_t i = 0; i < rays.count; i += width) {
        auto& ray = group.ray;
        float* targets[7] = {ray.org_x, ray.org_y, ray.org_z, ray.dir_x,
                             ray.dir_y, ray.dir_z, ray.tfar};
        for (int column = 0; column < 7; column++)
            memcpy(targets[column], c[column].data() + i, 4 * width);
        for (int k = 0; k < width; k++) {
            valid[k] = i + k < rays.count ? -1 : 0;
            ray.tnear[k] = 0;
            ray.time[k] = 0;
            ray.mask[k] = ~0u;
            ray.flags[k] = 0;
            ray.id[k] = k;
            group.hit.geomID[k] = group.hit.instID[0][k] = RTC_INVALID_GEOMETRY_ID;
        }
        if (rays.any) {
            P::occluded(valid, scene, &context, &ray);
            for (int k = 0; k < width; k++) time[i + k] = ray.tfar[k] < 0 ? 0 : INFINITY;
        } else {
            P::intersect(valid, scene, &context, &group);
            for (int k = 0; k < width; k++) {
                const bool hit = group.hit.geomID[k] != RTC_INVALID_GEOMETRY_ID;
                time[i + k] = hit ? ray.tfar[k] : INFINITY;
            }
        }
    }
}

int main(int, char** arguments) {
    const std::string limit = arguments[1];
    const std::string config = "threads=1,max_isa=" + limit;
    RTCDevice device = rtcNewDevice(config.c_str());
    using Run = void (*)(RTCScene, const Rays&, float*);
    const std::map<std::string, Run> modes = {{"single", run_single},
                                              {"packet8", run_packets<Eight>},
                                              {"packet16", run_packets<Sixteen>},
                                              {"stream256", run_stream}};
    std::map<std::string, RTCScene> scenes;
    Rays rays;
    std::vector<float> time;
    std::string word, path, mesh, mode;
    while (std::cin >> word) {
        if (word == "scene") {
            int edge = 0;
            std::cin >> path >> edge;
            for (auto& scene : scenes) rtcReleaseScene(scene.second);
            const Bits bits = load_bits(path, edge);
            scenes["faces"] = build(device, mesh_of(bits, false));
            scenes["greedy"] = build(device, mesh_of(bits, true));
            answer(0, 0);
        } else if (word == "rays") {
            size_t count = 0;
            bool any = false, coherent = false;
            std::cin >> path >> count >> any >> coherent;
            rays = load_rays(path, count, any, coherent);
            time.assign(rays.room, 0);
            answer(0, rays.count);
        } else if (word == "run") {
            std::cin >> mesh >> mode;
            const double start = now();
            modes.at(mode)(scenes.at(mesh), rays, time.data());
            const double seconds = now() - start;
            uint64_t hits = 0;
            for (size_t i = 0; i < rays.count; i++) hits += time[i] < INFINITY;
            answer(seconds, hits);
        } else if (word == "times") {
            std::cin >> path;
            FILE* file = open(path, "wb");
            const size_t written = fwrite(time.data(), 4, rays.count, file);
            fclose(file);
            answer(0, written);
        } else {
            return 1;
        }
    }
}
