import Kernels

/// Pairs of images of different classes: one gives its logits, the other, the donor, its nuisance.
///
/// Sources go through the classes in turn; the donor's class is any other. No image is a source twice, or a donor
/// twice, while its class has others.
struct ImagePairs: Equatable {
  /// The images that give the logits.
  let sources: [Int]
  /// The images that give the nuisance.
  let donors: [Int]

  var count: Int { sources.count }

  /// Pairs of images with the given labels; nil where there are not two classes.
  init?(labels: [UInt8], count: Int, seed: UInt64) {
    var members: [[Int]] = Array(repeating: [], count: 256)
    for index in RandomStream(seed: seed, name: "order of pairs").permutation(count: labels.count) {
      members[Int(labels[index])].append(index)
    }
    members.removeAll { $0.isEmpty }
    guard members.count >= 2 else { return nil }
    let steps = RandomStream(seed: seed, name: "classes of donors")
    var taken = [Int](repeating: 0, count: members.count)
    var (sources, donors): ([Int], [Int]) = ([], [])
    for pair in 0..<count {
      let own = pair % members.count
      let other = (own + 1 + steps.integer(below: members.count - 1, at: UInt64(pair))) % members.count
      sources.append(members[own][pair / members.count % members[own].count])
      // From the other end, so that few images are source and donor.
      donors.append(members[other][members[other].count - 1 - taken[other] % members[other].count])
      taken[other] += 1
    }
    self.sources = sources
    self.donors = donors
  }
}
