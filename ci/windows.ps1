# SPDX-License-Identifier: Apache-2.0
# Runs the cross-built programs on Windows itself. Nothing is built here.
#
#     ci/windows.ps1 [-Bin FOLDER] [-Results FOLDER] [-Jobs N]
#
# The last line counts cases. Nobody has run this yet: what Wine does not show
# comes up here first.
param(
    [string]$Bin = "build/mingw-x64/bin",
    [string]$Results = "build/windows",
    [int]$Jobs = [Math]::Min(32, [Environment]::ProcessorCount)
)
$ErrorActionPreference = "Stop"
# A program that ends with 1 has cases that failed: the rest runs all the same.
$PSNativeCommandUseErrorActionPreference = $false

New-Item -ItemType Directory -Force $Results | Out-Null
$script:passed = 0
$script:failed = 0
$script:skipped = 0

# Runs cases of a program, and counts them.
function Invoke-Cases {
    param([string]$Program, [string]$Name, [string[]]$Options)
    $json = Join-Path $Results "$Name.json"
    Write-Output "`n== $Name"
    & (Join-Path $Bin $Program) --timeout 120 --json $json @Options |
        Tee-Object -Variable lines
    $code = $LASTEXITCODE
    if ("$(@($lines)[-1])" -match '^(\d+) passed, (\d+) failed, (\d+) skipped$') {
        $script:passed += [int]$Matches[1]
        $script:failed += [int]$Matches[2]
        $script:skipped += [int]$Matches[3]
    } else {
        Write-Output "$Name ended with $code and no counts"
        $script:failed += 1
    }
}

# Cases that go below the names meet what all of them share: one at a time. And
# thousands of things at once keep the processors from others, who have to be
# told of a death within a second (cmake/spec_cases.cmake).
foreach ($program in Get-ChildItem (Join-Path $Bin "*-spec.exe")) {
    Invoke-Cases $program.Name $program.BaseName @("--jobs", "1")
}
Invoke-Cases "xipc-conformance.exe" "xipc-conformance" @(
    "--jobs", "$Jobs", "--exclude", "thousands", "--exclude", "d_connections")
Invoke-Cases "xipc-conformance.exe" "xipc-conformance-many" @(
    "--jobs", "1", "--filter", "thousands", "--filter", "d_connections")
& (Join-Path $Bin "xipc-conformance.exe") --report `
    (Join-Path $Results "report.html") `
    (Join-Path $Results "xipc-conformance.json") `
    (Join-Path $Results "xipc-conformance-many.json")

Write-Output "`n$passed passed, $failed failed, $skipped skipped"
exit [int]($failed -gt 0)
