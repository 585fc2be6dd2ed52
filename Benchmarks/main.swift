import Kernels
import Foundation
func now() -> Double { Double(Parallel.nanoseconds()) * 1e-9 }
func time(_ name: String, _ fl: Double, _ pk: Double, _ f: () -> Void) {
  if let k = ProcessInfo.processInfo.environment["K"], !name.contains(k) { return }
  f(); f()
  var s: [Double] = []
  let t0 = now(); f(); let one = now() - t0
  let inner = max(1, Int(0.03 / one))
  for _ in 0..<15 { let t = now(); for _ in 0..<inner { f() }; s.append((now() - t) / Double(inner)) }
  s.sort()
  print(name, String(format: "median %.1f best %.1f GF/s  share %.3f %.3f  us %.1f", fl/s[7]/1e9, fl/s[0]/1e9, fl/s[7]/pk, fl/s[0]/pk, s[7]*1e6))
}
for th in [1, 2] {
  Parallel.threads = th
  let pk = multiplyAddPeak(threads: th)
  print("threads", th, "peak", pk/1e9)
  for n in [64, 128, 256, 512, 1024] {
    let a = Matrix(rows: n, columns: n, repeating: 0.1), b = a; var c = a
    for (ta, tb) in [(Transposition.none, Transposition.none), (.transposed, .none), (.none, .transposed)] where n != 1024 || ta == .none {
    time("matmul \(n) \(ta) \(tb)", 2*Double(n*n*n), pk) { matmul(a, ta, b, tb, into: &c) }
    }
  }
  for (n, i, o) in [(512, 1000, 1000), (500, 50, 200), (500, 200, 200), (500, 200, 50), (500, 98, 1000)] {
    let x = Activation(samples: n, channels: i, repeating: 0.1)
    let dy = Activation(samples: n, channels: o, repeating: 0.1)
    let w = Matrix(rows: o, columns: i, repeating: 0.1); var dw = w
    let b = [Float](repeating: 0, count: o); var db = b
    let fl = 2*Double(n*i*o)
    time("dense fwd \(n) \(i)->\(o)", fl, pk) { _ = dense(x.view, weight: w, bias: b) }
    time("dense dx \(n) \(i)->\(o)", fl, pk) { _ = denseInputGradient(dy.view, weight: w) }
    time("dense dw \(n) \(i)->\(o)", fl, pk) { denseWeightGradient(x.view, outputGradient: dy.view, weight: &dw, bias: &db, .replace) }
  }
  let r = RandomStream(seed: 1, name: "x")
  time("gauss 1M", 1e6, 1e9) { _ = r.gaussians(count: 1000000) }
  time("unif 1M", 1e6, 1e9) { _ = r.uniforms(count: 1000000) }
  time("perm 500k", 5e5, 1e9) { _ = r.permutation(count: 500000) }
  let m = Matrix(rows: 500000, columns: 100, repeating: 1)
  let p = r.permutation(count: 500000)
  var o = 0
  time("gather 500", 5e4, 1e9) { _ = Activation(gathering: Array(p[o..<(o+500)]), from: m); o = (o + 500) % 499000 }
  let x = Activation(samples: 500, channels: 200, repeating: 0.1)
  time("add", 1e5, 1e9) { _ = add(x.view, x.view) }
  time("exp", 1e5, 1e9) { _ = exp(x) }
  var v = [Float](repeating: 0.1, count: 240000), m1 = v, m2 = v; let g = v
  time("adam", 240000, 1e9) { adamUpdate(&v, gradient: g, first: &m1, second: &m2, step: 10, learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8) }
}
