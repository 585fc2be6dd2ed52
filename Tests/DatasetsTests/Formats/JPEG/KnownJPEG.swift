import Foundation
import Testing

/// A small JPEG file and its pixels according to Pillow.
///
/// Made with Pillow 13.0.0 and libjpeg-turbo 3.2.0 from the pictures of `Tests/Python/grey.py`, saved with the options that
/// the name tells, and decoded by that script's `grey`. In the last one, which has no JFIF segment, the components were
/// renamed afterwards.
struct KnownJPEG: CustomTestStringConvertible {
  let name: String
  let width: Int
  let height: Int
  let file: [UInt8]
  let pixels: [UInt8]

  var testDescription: String { name }

  private init(name: String, width: Int, height: Int, file: String, pixels: String) {
    func bytes(_ text: String) -> [UInt8] {
      guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else { return [] }
      return [UInt8](data)
    }
    (self.name, self.width, self.height) = (name, width, height)
    (self.file, self.pixels) = (bytes(file), bytes(pixels))
  }

  static let all = [
    KnownJPEG(
      name: "baseline, 4:2:0, optimised codes", width: 20, height: 12,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQ
        YEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAMABQD
        ASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAMEBv/EACUQAAICAgECBgMAAAAAAAAAAAECAwQAESIFIRITMUFRgRQy0f/EABYBAQEBAAAA
        AAAAAAAAAAAAAAMBAv/EACMRAAECBQMFAAAAAAAAAAAAAAECAwAEETFhEiJBBhMhkbH/2gAMAwEAAhEDEQA/AEWklm2j1qkNgRgMSR4G7jiR7HJk
        qBOsxSNTkieEAyNHyj7aOmPtsb9fnNCZhfe1TuwxToHIDOvIfYxNqpBWiuxpGD+N+jN3J4bG/n+YCXRq3Cw80xQfTjmGddEq3TlRA96s4tFdjq1J
        pB5NtAoUDSyBgD9bwzPUq8Fqss0kKKzE7C7A9cM2J9VNtoiukpZ09xTqqnAj/9k=
        """,
      pixels: """
        ZXtjQUR9RyhSQjEeLjt3ha3M1cu6x55nWJV+fFZ7XCwgIknBt8m9pZO4v6RxdFl6jLFuVSZKK8Pa5MSYRWuTq4dmIzVdkYeITHdHuc/g0aw4TU5U
        Y4dEJzVBW2dQkoSNwdPKqFOEcjxDpZJ3dlxKJxJJjXuar6mYkbSkd2aknaudrXZMEB6Ck8bEq5TDi2BxdHhPcrKrO327vKVdMC8sPujMu6+MZD8e
        WYhQbYNbdV9TNURHyLjK6d2+hE5CbZibjn57loViZ1uZfYzC4OPOqYGFmq+vpZN3jneJhbp9YnqasLaqzbxgpMGitjxHR3iJ
        """),
    KnownJPEG(
      name: "baseline, 4:2:2, restart markers", width: 19, height: 9,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9
        lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAJABMD
        ASEAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABAD/xAAmEAABAwMBCAMAAAAAAAAAAAABAAIDBBExNAUSEyEkQVFxgZGx/8QAGAEAAgMAAAAA
        AAAAAAAAAAAAAwQCBQb/xAAmEQABAgMGBwAAAAAAAAAAAAABAAIDBBIRITEzUZEycXKBobLC/90ABAAB/9oADAMBAAIRAxEAPwAUkE4L7tdFeQPa
        HAjzj7Tq8B8tNLCQHi3FbfGOaMIlYAcdb/CjHzmmGbRjy1t0xX//0BkVW8emkz2YSFJShwuqG4V4JuTIvcNwv//RXtDT03wiT6t3sfgQ4eQ3v7BB
        ksYnSflf/9JpUkn8RWTX/9k=
        """,
      pixels: """
        cTVhZqgtT4+vqHR4WF9gpXNpaJE0OD2WKTJPqsGMbz1TWZF7aV6lRzc7kj07SaXhvYI3R1KGiHRnfkY+OnAoM0iL4dqrRzY9hFhOTGxPSElzRDpK
        bL/WzF00K4ZCPUBcSDxMhIFrZ3KuwNF/TkCTVEI0XV9MUXB1ZGmIqpajgYFnjWpVRLzax6J8aGF/jJ1lYWSWdXCtpaiSxM+/mm9lg6auXnNrcnOH
        o6Oi
        """),
    KnownJPEG(
      name: "progressive, 4:4:4", width: 10, height: 9,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4+JS5ESUM8
        SDc9Pjv/2wBDAQoLCw4NDhwQEBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wgARCAAJAAoD
        AREAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAQIDBP/EABcBAQEBAQAAAAAAAAAAAAAAAAMFAQT/2gAMAwEAAhADEAAAAVQic/UmS75v/8QA
        GhAAAQUBAAAAAAAAAAAAAAAAAQACEyEyQf/aAAgBAQABBQIWIyna5//EACARAAIBAQkAAAAAAAAAAAAAAAACAQMEERMhMTRBUbH/2gAIAQMBAT8B
        tbU1XLW/j0x27gq7kk//xAAcEQACAgIDAAAAAAAAAAAAAAAAAQIRAzEEIUH/2gAIAQIBAT8Bw3GDvfZHjtqzzIR0f//EABoQAAICAwAAAAAAAAAA
        AAAAAAABAhAhQnH/2gAIAQEABj8CymuGpOv/xAAdEAEAAgAHAAAAAAAAAAAAAAABABEhMVFhgdHw/9oACAEBAAE/IbqKGLu1lvdJ58QyT//aAAwD
        AQACAAMAAAAQof8A/8QAHBEAAgICAwAAAAAAAAAAAAAAAREAMSFBYYGx/9oACAEDAQE/EMujY7FHQ9JC47ZyhPOWM//EAB4RAAICAQUBAAAAAAAA
        AAAAAAERACExQVFxgbHB/9oACAECAQE/EHDcI5DVEdlawBtYh8vsw8T/xAAdEAEAAgICAwAAAAAAAAAAAAABABEhQYGhMVGx/9oACAEBAAE/EKsr
        V8fTSnk3AFjVzgPNk6R8jqE//9k=
        """,
      pixels: """
        hlhnj6dkb6ZzYpGIc4Z/iWBJfH9glZiDUoCMdm5wWmqhnZuVmV19dElDdHx/hLOtcWluYFp2cpd0UIiVanttbVyDhI2EmJKAd3Ksrpx0j423sXCL
        kq2ThH2N
        """),
    KnownJPEG(
      name: "progressive, 4:2:0", width: 17, height: 10,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBk
        eFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wgARCAAKABED
        ASIAAhEBAxEB/8QAGQAAAgMBAAAAAAAAAAAAAAAAAAMBAgQF/8QAFgEBAQEAAAAAAAAAAAAAAAAAAwAB/9oADAMBAAIQAxAAAAGb6eWWvHB3/8QA
        GRAAAgMBAAAAAAAAAAAAAAAAAAECAxJE/9oACAEBAAEFAq03c84InWf/xAAbEQACAQUAAAAAAAAAAAAAAAAAEQECFFFx8P/aAAgBAwEBPwFqO0WF
        OT//xAAZEQACAwEAAAAAAAAAAAAAAAAAAQITIVH/2gAIAQIBAT8BWssjw//EAB0QAAIBBAMAAAAAAAAAAAAAAAABEQIQITFxguH/2gAIAQEABj8C
        04FlTDPRcnam3//EABwQAAICAwEBAAAAAAAAAAAAAAERACExQVEQcf/aAAgBAQABPyEIJoBcNdjg1BJ2ziMcjH6Q6a8P/9oADAMBAAIAAwAAABBg
        z//EABoRAAICAwAAAAAAAAAAAAAAAAABYZERsfD/2gAIAQMBAT8QTtxC3yiTSP/EABkRAQACAwAAAAAAAAAAAAAAAAEAgZHR8P/aAAgBAgEBPxCu
        g4Xc6rP/xAAdEAEAAgIDAQEAAAAAAAAAAAABESEAYTFBgRCR/9oACAEBAAE/EAYmjRkEO28d1JRVKRNT0bze/GA8fyWsIhE8Hrg+f//Z
        """,
      pixels: """
        mpZPY3lNvKBokdyiV2i7RYREr11FhjqDvphhq+Fjdbg6eXzRUBZ6XqjpcYrb9FuVyEGEnqZFGl940cBSr+XGSZDFT59khGJFd4bIqaed4tKFpO9h
        emyTRA5uiLrcd2Tu8YmY6iVtgoZMElV3v+ZvqurgoqbFaI1tfeXimI3i1IKmFiJsRh6sbZ2Dz7mjr9S/irQfI24zEbuarXfDyLKjyM+evBYPXjIj
        3Jo=
        """),
    KnownJPEG(
      name: "grey", width: 9, height: 8,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0o
        MCUoKSj/wAALCAAIAAkBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABAf/xAAlEAABAgQEBwAAAAAAAAAAAAABAgMEBQYRAAchIhIUFlRhk9H/2gAI
        AQEAAD8AZlNTU06pejE048YJcMotrmPESpwKRZa3CNba7fN7bScXDkJt2dP+k/cf/9k=
        """,
      pixels: """
        hVkrHkiRda+7FikwbICOyu/+S2h8TDbp++z7qKJEShHk1rehaE5BKkKcooSzPzY7TnKOyNzsPmJtekT/3///qbTj+/D8//D0
        """),
    KnownJPEG(
      name: "red, green, blue; EXIF orientation 6", width: 8, height: 11,
      file: """
        /9j/7gAOQWRvYmUAZAAAAAAA/+EALkV4aWYAAElJKgAIAAAAAgAAAQQAAQAAAAcAAAASAQMAAQAAAAYAAAAAAAAA/9sAQwAQCwwODAoQDg0OEhEQ
        ExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBtUVdfYmdoZz5NcXlwZHhcZWdj/8AAEQgACAALA1IRAEcRAEIRAP/EABcAAQADAAAAAAAA
        AAAAAAAAAAUCAwT/xAApEAACAQMCBAUFAAAAAAAAAAACAwEEBREAEhMhIjEGFBVRgTJBocHx/9oADANSAEcAQgAAPwCN4uQr8P0ayaPHCoGeHM4P
        btKM47/341nvXohWuKwVkEubC2LWfTE4mYYPv2x86rvD2HQCFwKmSMM3D5AsticT9Ue37xpyhuajoklLoCZCOnfjH50QqkvzVCdKcuRMYBmR5xHL
        76CCh4o70JvT1z2YCuU6/9k=
        """,
      pixels: """
        PnOEYZPAnnZncmaBr9yeZ3V/oLzVuItXXbbh3NacfYRe4/fjuYqGtQ8XEiWNeUAnBxIjWm5ZHC0WATt0bzEdQxI5VGA4MjNhRFJOV0NHb6WkjllQ
        RkNtmw==
        """),
    KnownJPEG(
      name: "extended sequential with steps of 16 bits; EXIF orientation 3, big-endian", width: 8, height: 8,
      file: """
        /9j/4AAQSkZJRgABAQAAAQABAAD/4QAuRXhpZgAATU0AKgAAAAgAAgEAAAQAAAABAAAABwESAAMAAAABAAMAAAAAAAD/2wCDEAAQAQQBBAEEAQQB
        BAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQB
        BAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEEAQQBBAEE/9sAQwEFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF
        BQUFBQUFBQUFBQUFBQUFBQUF/8EAEQgACAAIAwERAAIRAQMRAf/EABQAAQAAAAAAAAAAAAAAAAAAAAL/xAAXEAADAQAAAAAAAAAAAAAAAAAAAWHw
        /8QAFQEBAQAAAAAAAAAAAAAAAAAAAQP/xAAfEQADAQEAAgIDAAAAAAAAAAABAwQCBRITBhEUFSP/2gAMAwEAAhEDEQA/AGlNSfeu0gYweixbBnKV
        ZZFnE6kEf0/Xz7WGOpIRjxbserKg5QZ7CCX43z2vmnm7PQuR0E0nsVfmcfcs0jUZdIqWONycNHQ1mwFQ2sFK56/DJx9A/wD/2Q==
        """,
      pixels: """
        3PXw87eTqrnzwZCTtLeGYLmNX2KDhlUofKK8mFM0Rm+dxtavdFBylOa3homqrXxPvIZVWHl8Sxc6YnlVHwoLLA==
        """),
    KnownJPEG(
      name: "components called R, G, B, of which two are interpolated", width: 20, height: 12,
      file: """
        /9j/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4+JS5ESUM8SDc9Pjv/2wBDAQoLCw4NDhwQ
        EBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wAARCAAMABQDUiIARxEBQhEB/8QAGAAAAgMA
        AAAAAAAAAAAAAAAAAAUBBgf/xAAkEAABAwMEAQUAAAAAAAAAAAABAgMEABESBRMhMQZBUVSx0f/EABUBAQEAAAAAAAAAAAAAAAAAAAQB/8QAKBEB
        AAEDAgENAAAAAAAAAAAAAQIABBEDIYEFEhQXMUNRUmFxkeHw/9oADANSAEcRQhEAPwCdIjOqlrL7Mt1vbuGXgQAeOiSLnsUxnPwxGlREqwlFkoDO
        4Mgop4GJ5vyKYRMXlpQUBIJF8Sf2qtqzaUed4AXwdaUknsGyaLaX0byUjQOaBlEOOHdzv90C2t3lO5ZykkYRZHqxTZOwz4m/vSo6dqPwngfWwVb6
        orQTKcPJxJPum9FL6Fp+Z/cavWZdHcHy1//Z
        """,
      pixels: """
        h4Ftcn17g4OKi3t7hYqKd3h4eHl0cmZjcYSHiYyQhYCJkI5wdHNxcXx3bmx8npicoKahmZuXjWVvbm1sjoh+gIGViI2WnKKkppyQaWprbm6RnJGV
        h4l+enmAfn6Dh4twaGptbo2ajIl9fG5aaXdvbnJ+hXF1dXV0foWGhYaMfW1mdWx4fIWHgHl2dXOPkaCakot7e4Z7WGJhanqRj42MjYaKj5KSjIWF
        hoZsbWNgbJWcnJqYcnd9gH96d3qBh3d9dnBxj5iZmJhWX2twbmhjam+Cg5KQiXuLjoyMjDhEVVxbVlNca4OKmZmUgYmHhYWF
        """),
  ]

  static let baseline = all[0]
  static let restarting = all[1]
  static let progressive = all[2]
  static let grey = all[4]
  static let turned = all[5]
}
