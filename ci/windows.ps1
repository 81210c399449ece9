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

New-Item -ItemType Directory -Force $Results | Out-Null
$programs = @(Get-ChildItem (Join-Path $Bin "*-spec.exe")) +
    @(Get-Item (Join-Path $Bin "xipc-conformance.exe"))
$passed = 0
$failed = 0
$skipped = 0
foreach ($program in $programs) {
    Write-Output "`n== $($program.BaseName)"
    # Cases that go below the names meet what all of them share.
    $many = if ($program.Name -like "*-spec.exe") { 1 } else { $Jobs }
    $json = Join-Path $Results "$($program.BaseName).json"
    & $program.FullName --jobs $many --json $json |
        Tee-Object -Variable lines
    $code = $LASTEXITCODE
    if ("$($lines[-1])" -match "^(\d+) passed, (\d+) failed, (\d+) skipped$") {
        $passed += [int]$Matches[1]
        $failed += [int]$Matches[2]
        $skipped += [int]$Matches[3]
    } else {
        Write-Output "$($program.BaseName) ended with $code and no counts"
        $failed += 1
    }
}
& (Join-Path $Bin "xipc-conformance.exe") --report `
    (Join-Path $Results "report.html") `
    (Join-Path $Results "xipc-conformance.json")

Write-Output "`n$passed passed, $failed failed, $skipped skipped"
if ($failed -gt 0) { exit 1 }
